// SPDX-License-Identifier: Apache-2.0
#include "io/digest.h"

#include <array>

#include <isa-l/crc.h>
#include <isa-l/crc64.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include "base/text.h"

namespace outlay::io {
namespace {

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

using Context = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac(const EVP_MD* kind, std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  HMAC(
      kind,
      key.data(),
      static_cast<int>(key.size()),
      bytes_of(text),
      text.size(),
      out.data(),
      &size);
  return {reinterpret_cast<const char*>(out.data()), size};
}

Context started(const EVP_MD* kind) {
  Context context(EVP_MD_CTX_new());
  EVP_DigestInit_ex(context.get(), kind, nullptr);
  return context;
}

std::string finished(EVP_MD_CTX* context) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(context, out.data(), &size);
  return {reinterpret_cast<const char*>(out.data()), size};
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view text) {
  return hmac(EVP_sha256(), key, text);
}

std::string hmac_sha1(std::string_view key, std::string_view text) {
  return hmac(EVP_sha1(), key, text);
}

base::Result<std::string> sign_rs256(std::string_view private_key_pem, std::string_view text) {
  const std::unique_ptr<BIO, BioDeleter> bio(
      BIO_new_mem_buf(private_key_pem.data(), static_cast<int>(private_key_pem.size())));
  const std::unique_ptr<EVP_PKEY, KeyDeleter> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key) return base::invalid_input("the private key is no PEM key that can be read");
  const Context context(EVP_MD_CTX_new());
  std::size_t size = 0;
  std::string out;
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &size, bytes_of(text), text.size()) == 1) {
    out.resize(size);
    if (EVP_DigestSign(
            context.get(),
            reinterpret_cast<unsigned char*>(out.data()),
            &size,
            bytes_of(text),
            text.size()) == 1) {
      out.resize(size);
      return out;
    }
  }
  return base::invalid_input("the private key cannot sign with RS256; it must be an RSA key");
}

std::string hex(std::string_view bytes) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4U]);
    out.push_back(kDigits[byte & 15U]);
  }
  return out;
}

std::string base64_url(std::string_view bytes) {
  std::string out = base::base64_encode(bytes);
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (out.ends_with('=')) out.pop_back();
  return out;
}

struct StreamDigest::State {
  Context sha256 = started(EVP_sha256());
  Context md5 = started(EVP_md5());
  std::uint32_t crc32c = 0xffffffffU;
  std::uint64_t crc64 = 0;
  std::uint64_t bytes = 0;
};

StreamDigest::StreamDigest() : state_(std::make_unique<State>()) {}

StreamDigest::StreamDigest(StreamDigest&&) noexcept = default;
StreamDigest& StreamDigest::operator=(StreamDigest&&) noexcept = default;
StreamDigest::~StreamDigest() = default;

void StreamDigest::add(std::string_view bytes) {
  EVP_DigestUpdate(state_->sha256.get(), bytes.data(), bytes.size());
  EVP_DigestUpdate(state_->md5.get(), bytes.data(), bytes.size());
  // ISA-L takes the bytes by a pointer to what it does not change.
  auto* data = const_cast<unsigned char*>(bytes_of(bytes));
  constexpr std::size_t kPiece = 1U << 30U;
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const std::size_t size = std::min(kPiece, bytes.size() - at);
    state_->crc32c = crc32_iscsi(data + at, static_cast<int>(size), state_->crc32c);
  }
  state_->crc64 = crc64_ecma_refl(state_->crc64, data, bytes.size());
  state_->bytes += bytes.size();
}

StreamDigest::Sums StreamDigest::finish() {
  const std::uint32_t crc = state_->crc32c ^ 0xffffffffU;
  std::string crc_bytes;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    crc_bytes.push_back(static_cast<char>((crc >> shift) & 255U));
  }
  return {
      .sha256 = finished(state_->sha256.get()),
      .md5 = finished(state_->md5.get()),
      .crc32c = std::move(crc_bytes),
      .crc64 = state_->crc64,
      .bytes = state_->bytes};
}

}  // namespace outlay::io
