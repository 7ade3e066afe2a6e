// What a user may call things and send along.
#include <crewship/domain/rules.hpp>

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace crewship {
namespace {

using namespace std::string_view_literals;

using Rule = Complaint (*)(std::string_view);

void expect_fine(Rule rule, std::initializer_list<std::string_view> texts) {
  for (const auto text : texts) {
    const auto complaint = rule(text);
    EXPECT_FALSE(complaint) << text << ": " << complaint.value_or("");
  }
}

// A complaint is a sentence, and shows nothing of a value that may be secret or broken.
void expect_refused(Rule rule, std::initializer_list<std::string_view> texts) {
  for (const auto text : texts) {
    const auto complaint = rule(text);
    ASSERT_TRUE(complaint) << text;
    EXPECT_TRUE(complaint->ends_with('.')) << *complaint;
  }
}

TEST(CheckName, TextInOneLine) {
  expect_fine(check_name, {"a", "Nightly crew", "Équipe – 夜", "\U0001F6A2", " padded ", "a\"b<script>", "a\u00a0b"});
}

TEST(CheckName, NoControlCharactersAndNoBlanks) {
  expect_refused(check_name,
                 {""sv, " "sv, "   "sv, "a\nb"sv, "a\rb"sv, "a\tb"sv, "a\0b"sv, "\x1b[31m"sv, "a\x1f"sv, "a\x7f"sv,
                  "a\u0080"sv, "a\u009f"sv, "a\u2028b"sv, "a\u2029"sv, "a\xff"sv, "\xc3"sv, "\xed\xa0\x80"sv});
}

TEST(CheckName, UpTo200Bytes) {
  EXPECT_FALSE(check_name(std::string(200, 'x')));
  EXPECT_EQ(check_name(std::string(201, 'x')), "A name has at most 200 bytes.");
}

TEST(CheckEnvName, PosixNames) {
  expect_fine(check_env_name,
              {"PATH", "_", "a", "z", "AZaz09_", "A1_b", "OPENAI_API_KEY", "crewship_x", "CREWSHIP", "MY_CREWSHIP_X"});
  expect_refused(check_env_name, {""sv, "1A"sv, "A-B"sv, "A=B"sv, "A B"sv, " A"sv, "A\0"sv, "É"sv, "A.B"sv, "="sv});
  EXPECT_FALSE(check_env_name(std::string(200, 'A')));
  EXPECT_TRUE(check_env_name(std::string(201, 'A')));
}

TEST(CheckEnvName, OursAreRefused) {
  expect_refused(check_env_name, {"CREWSHIP_RUN_ID", "CREWSHIP_", "CREWSHIP_ANYTHING"});
}

TEST(CheckEnvValue, AnythingButNul) {
  expect_fine(check_env_value, {"", "sk-123", "two\nlines", "é", "a=b"});
  expect_refused(check_env_value, {"\0"sv, "a\0b"sv});
}

TEST(CheckEnvValue, FitsOneVariableOfLinux) {
  const std::string longest(max_env_value_bytes, 'x');
  EXPECT_FALSE(check_env_value(longest));
  EXPECT_TRUE(check_env_value(longest + "x"));
  constexpr std::size_t linux_limit_bytes = 131'072;
  EXPECT_LE(max_name_bytes + "="sv.size() + max_env_value_bytes + "\0"sv.size(), linux_limit_bytes);
}

TEST(CheckHeaderName, Tokens) {
  expect_fine(check_header_name, {"Authorization", "X-Api-Key", "x", "!#$%&'*+-.^_`|~09azAZ", "Accept", "Cookie",
                                  "X-Crewship", "Webhook", "Hosts", "Proxied", "Content"});
  expect_refused(check_header_name,
                 {"", " ", "X Y", "X:", "X\n", "X\r\nHost", "É", "X(", "X,Y", "X\"", "X/Y", "X@", "[X]", "{X}"});
  EXPECT_FALSE(check_header_name(std::string(200, 'x')));
  EXPECT_TRUE(check_header_name(std::string(201, 'x')));
}

TEST(CheckHeaderName, OursAreRefusedInAnyCase) {
  expect_refused(check_header_name, {"X-Crewship-Signature",
                                     "x-crewship-anything",
                                     "X-CREWSHIP-",
                                     "webhook-id",
                                     "Webhook-Signature",
                                     "WEBHOOK-TIMESTAMP",
                                     "Host",
                                     "HOST",
                                     "Content-Type",
                                     "content-length",
                                     "Content-Encoding",
                                     "Transfer-Encoding",
                                     "Connection",
                                     "Keep-Alive",
                                     "Upgrade",
                                     "Expect",
                                     "TE",
                                     "te",
                                     "Trailer",
                                     "Proxy-Authorization",
                                     "proxy-connection",
                                     "User-Agent",
                                     "user-agent",
                                     "Traceparent",
                                     "tracestate"});
  EXPECT_EQ(check_header_name("content-Type"), "The header content-Type is set by the daemon; leave it out.");
}

TEST(CheckHeaderValue, OneLineOfAscii) {
  expect_fine(check_header_value, {"", "Bearer abc.def", "a\tb", "~!\"", "x=1; y=2"});
  expect_refused(check_header_value, {"a\r\nX: y"sv, "a\n"sv, "a\r"sv, "\0"sv, "\x1f"sv, "\x7f"sv, "é"sv, "\x80"sv});
  EXPECT_FALSE(check_header_value(std::string(max_header_value_bytes, 'x')));
  EXPECT_TRUE(check_header_value(std::string(max_header_value_bytes + 1, 'x')));
}

TEST(CheckHeaderValue, IsNotRepeatedInTheComplaint) {
  EXPECT_EQ(check_header_value("secret\n").value().find("secret"), std::string::npos);
}

TEST(CheckIdempotencyKey, VisibleAscii) {
  expect_fine(check_idempotency_key, {"a", "8e03978e-40d5-43dd-bc93-6894a57f9324", "\"quoted\"", "!~"});
  expect_refused(check_idempotency_key, {""sv, "a b"sv, " "sv, "a\t"sv, "é"sv, "a\x7f"sv, "a\0"sv, "a\n"sv});
  EXPECT_FALSE(check_idempotency_key(std::string(255, 'k')));
  EXPECT_TRUE(check_idempotency_key(std::string(256, 'k')));
}

}  // namespace
}  // namespace crewship
