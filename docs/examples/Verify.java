// A whole receiver for crewshipd's deliveries, with nothing but the JDK (11 or newer).
//
//   CREWSHIP_SECRET=whsec_… java Verify.java [PORT]

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Verify {
  static final long TOLERANCE_SECONDS = 300;
  // Delivery ids; a real receiver keeps them in its database.
  static final Set<String> seen = ConcurrentHashMap.newKeySet();

  static boolean valid(String secret, String timestamp, byte[] body, String signature) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    mac.update((timestamp + ".").getBytes(StandardCharsets.UTF_8));
    StringBuilder expected = new StringBuilder("sha256=");
    for (byte b : mac.doFinal(body)) expected.append(String.format("%02x", b));
    return MessageDigest.isEqual(
        expected.toString().getBytes(StandardCharsets.UTF_8), signature.getBytes(StandardCharsets.UTF_8));
  }

  static boolean recent(String timestamp) {
    return timestamp.matches("[0-9]{1,12}")
        && Math.abs(System.currentTimeMillis() / 1000 - Long.parseLong(timestamp)) <= TOLERANCE_SECONDS;
  }

  // The JDK has no JSON reader; a real receiver uses its own and reads event, data.run_id and data.output.
  static void handle(String event, String body) {
    Matcher runId = Pattern.compile("\"run_id\":\"(run_[a-z0-9]+)\"").matcher(body);
    System.out.println(event + " " + (runId.find() ? runId.group(1) : "without a run") + ": " + body);
  }

  static int receive(String secret, HttpExchange request) throws IOException, GeneralSecurityException {
    byte[] body = request.getRequestBody().readAllBytes(); // the bytes as they came
    String timestamp = header(request, "X-Crewship-Timestamp");
    String delivery = header(request, "X-Crewship-Delivery");
    if (!recent(timestamp) || !valid(secret, timestamp, body, header(request, "X-Crewship-Signature"))) {
      System.out.println("refused " + delivery + ": the signature is not valid");
      return 401;
    }
    if (seen.contains(delivery)) { // a delivery may come more than once
      System.out.println("seen before: " + delivery);
      return 204;
    }
    handle(header(request, "X-Crewship-Event"), new String(body, StandardCharsets.UTF_8));
    seen.add(delivery);
    return 204;
  }

  static String header(HttpExchange request, String name) {
    String value = request.getRequestHeaders().getFirst(name);
    return value == null ? "" : value;
  }

  public static void main(String[] arguments) throws IOException {
    String secret = System.getenv("CREWSHIP_SECRET");
    if (secret == null) throw new IllegalStateException("CREWSHIP_SECRET is not set");
    int port = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 9000;
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.createContext("/", request -> {
      try (request) {
        request.sendResponseHeaders(receive(secret, request), -1);
      } catch (GeneralSecurityException error) {
        throw new IOException(error);
      }
    });
    server.start();
    System.out.println("listening on http://127.0.0.1:" + server.getAddress().getPort() + "/");
  }
}
