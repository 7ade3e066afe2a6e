// The TLS side of a listening server: TLS 1.2 or newer, the operator's certificate chain and key, HTTP/1.1 by ALPN
// (RFC 7301). Reads the files once.
#pragma once

#include <memory>

#include <boost/asio/ssl/context.hpp>

#include <crewship/base/error.hpp>
#include <crewship/http/server.hpp>

namespace crewship {

// Errors: invalid "invalid_tls", naming the file and the reason.
Result<std::unique_ptr<asio::ssl::context>> make_server_tls(const TlsFiles& files);

}  // namespace crewship
