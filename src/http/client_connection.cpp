#include "client_connection.hpp"

#include <cerrno>
#include <stdexcept>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace crewship {
namespace {

constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> as_values{};

}  // namespace

asio::ssl::context make_client_tls_context() {
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_default_verify_paths();
  context.set_verify_mode(asio::ssl::verify_peer);
  static constexpr std::array<unsigned char, 9> http_1_1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX* const native = context.native_handle();
  if (SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_alpn_protos(native, http_1_1.data(), http_1_1.size()) != 0) {
    throw std::runtime_error("OpenSSL refuses the settings for clients");
  }
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // an idle connection needs none
  return context;
}

Task<ClientConnection::ErrorCode> ClientConnection::connect(asio::ip::tcp::endpoint peer) {
  peer_ = peer;
  auto [error] = co_await socket_.async_connect(peer, as_values);
  if (!error) {
    ErrorCode ignored;  // only slower without
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  }
  co_return error;
}

Task<ClientConnection::ErrorCode> ClientConnection::start_tls(asio::ssl::context& context, std::string host,
                                                              bool is_name) {
  SSL* const native = tls_.emplace(socket_, context).native_handle();
  // OpenSSL's own check, so that a wrong name is a reason like the others. No SNI for addresses (RFC 6066 §3).
  X509_VERIFY_PARAM* const verify = SSL_get0_param(native);
  X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int accepted = is_name ? SSL_set_tlsext_host_name(native, host.c_str()) == 1 &&
                                     X509_VERIFY_PARAM_set1_host(verify, host.data(), host.size()) == 1
                               : X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str());
  if (accepted != 1) throw std::logic_error("OpenSSL refuses the host " + host);

  auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::client, as_values);
  if (const long verdict = SSL_get_verify_result(native); verdict != X509_V_OK) {
    tls_reason_ = std::string("certificate verify failed: ") + X509_verify_cert_error_string(verdict);
  } else if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) {
    tls_reason_ = "the connection was closed";
  } else {
    tls_reason_ = error.message();
  }
  co_return error;
}

Task<ClientConnection::Transferred> ClientConnection::write(std::array<asio::const_buffer, 2> buffers) {
  if (tls_) return asio::async_write(*tls_, buffers, as_values);
  return asio::async_write(socket_, buffers, as_values);
}

Task<ClientConnection::Transferred> ClientConnection::read_some(asio::mutable_buffer into) {
  if (tls_) return tls_->async_read_some(into, as_values);
  return socket_.async_read_some(into, as_values);
}

void ClientConnection::close() {
  ErrorCode ignored;  // the descriptor is gone either way
  socket_.close(ignored);
}

bool ClientConnection::still_silent() {
  char byte = 0;
  const auto received = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace crewship
