// Certificates for one test's TLS servers, made in the process: an authority, and what it signs (or not).
#pragma once

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include <boost/asio/ssl/context.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <crewship/base/asio.hpp>

namespace crewship {

struct CertificateRequest {
  std::string alternative_names = "DNS:hooks.test";  // as openssl.cnf has them: "DNS:a.test,IP:127.0.0.1"
  long valid_from = -3600;                           // seconds from now
  long valid_until = 3600;
  bool self_signed = false;
};

class CertificateAuthority {
 public:
  CertificateAuthority() : key_(make_key()), certificate_(make("test authority", -86400, 86400, key_.get())) {
    add_extension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
    sign(certificate_.get(), key_.get());
  }

  // What a client must trust: for SSL_CERT_FILE.
  void write(const std::string& path) const { std::ofstream(path) << pem(certificate_.get()); }

  asio::ssl::context server_context(const CertificateRequest& request) const {
    const Key key = make_key();
    const Certificate certificate = make("server", request.valid_from, request.valid_until, key.get());
    add_extension(certificate.get(), NID_subject_alt_name, request.alternative_names);
    if (!request.self_signed) {
      X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
    }
    sign(certificate.get(), request.self_signed ? key.get() : key_.get());

    asio::ssl::context context(asio::ssl::context::tls_server);
    const std::string chain = pem(certificate.get());
    context.use_certificate_chain(asio::buffer(chain));
    if (SSL_CTX_use_PrivateKey(context.native_handle(), key.get()) != 1) throw std::runtime_error("private key");
    return context;
  }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  static Key make_key() { return {EVP_EC_gen("P-256"), EVP_PKEY_free}; }

  static Certificate make(const std::string& name, long from, long until, EVP_PKEY* key) {
    Certificate made(X509_new(), X509_free);
    static long serial = 0;
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), from);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), until);
    X509_NAME* const subject = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()), -1,
                               0);
    X509_set_issuer_name(made.get(), subject);
    X509_set_pubkey(made.get(), key);
    return made;
  }

  static void add_extension(X509* certificate, int nid, const std::string& value) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    if (extension == nullptr) throw std::runtime_error("extension " + value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  static void sign(X509* certificate, EVP_PKEY* key) {
    if (X509_sign(certificate, key, EVP_sha256()) == 0) throw std::runtime_error("signing a certificate failed");
  }

  static std::string pem(X509* certificate) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(bio.get(), certificate);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
  }

  Key key_;
  Certificate certificate_;
};

}  // namespace crewship
