#include "server_tls.hpp"

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>

namespace crewship {
namespace {

constexpr std::string_view offered_protocol = "http/1.1";

// Without it OpenSSL would ask for the passphrase of an encrypted key on the terminal.
int no_passphrase(char*, int, int, void*) { return 0; }

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_bytes, const unsigned char* offered,
                    unsigned int offered_bytes, void*) {
  std::string_view rest(reinterpret_cast<const char*>(offered), offered_bytes);  // NOLINT: OpenSSL counts in bytes
  while (!rest.empty()) {
    const auto length = static_cast<unsigned char>(rest[0]);
    const std::string_view name = rest.substr(1, length);
    if (name == offered_protocol) {
      *chosen = offered + (offered_bytes - rest.size()) + 1;
      *chosen_bytes = length;
      return SSL_TLSEXT_ERR_OK;
    }
    rest.remove_prefix(1 + name.size());
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

// The first of OpenSSL's reasons is the one nearest to the cause; leaves its queue empty.
std::string openssl_reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason ? reason : "unknown reason";
}

std::unexpected<Error> invalid_tls(std::string message) {
  return fail(ErrorKind::invalid, "invalid_tls", std::move(message));
}

Result<> check_readable(const std::filesystem::path& file, std::string_view what) {
  if (::access(file.c_str(), R_OK) == 0) return {};
  const std::string reason = std::error_code(errno, std::generic_category()).message();
  return invalid_tls("Cannot read the " + std::string(what) + " file " + file.string() + ": " + reason + ".");
}

}  // namespace

Result<std::unique_ptr<asio::ssl::context>> make_server_tls(const TlsFiles& files) {
  if (auto readable = check_readable(files.certificate_file, "certificate"); !readable)
    return std::unexpected(readable.error());
  if (auto readable = check_readable(files.key_file, "key"); !readable) return std::unexpected(readable.error());

  auto context = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // an idle connection keeps no record buffers
  SSL_CTX_set_default_passwd_cb(native, no_passphrase);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(native, files.certificate_file.c_str()) != 1)
    return invalid_tls("The certificate file " + files.certificate_file.string() +
                       " holds no PEM certificate chain: " + openssl_reason() + ".");
  const bool used = SSL_CTX_use_PrivateKey_file(native, files.key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  const unsigned long reason = ERR_peek_error();
  const bool mismatch = ERR_GET_LIB(reason) == ERR_LIB_X509 && ERR_GET_REASON(reason) == X509_R_KEY_VALUES_MISMATCH;
  if (!used && !mismatch)
    return invalid_tls("The key file " + files.key_file.string() +
                       " holds no usable PEM private key without a passphrase: " + openssl_reason() + ".");
  // A key of another kind than the certificate's is taken at first.
  if (!used || SSL_CTX_check_private_key(native) != 1) {
    ERR_clear_error();
    return invalid_tls("The key in " + files.key_file.string() + " does not belong to the certificate in " +
                       files.certificate_file.string() + ".");
  }
  return context;
}

}  // namespace crewship
