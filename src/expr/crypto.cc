// SPDX-License-Identifier: Apache-2.0
#include "expr/crypto.h"

#include <array>
#include <memory>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/random.h"
#include "base/text.h"

namespace outlay::expr {
namespace {

constexpr std::size_t kIvSize = 12;
constexpr std::size_t kTagSize = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(
      text.data());  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(
      text.data());  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

const EVP_MD* digest_of(Hash hash) {
  switch (hash) {
    case Hash::md5:
      return EVP_md5();
    case Hash::sha1:
      return EVP_sha1();
    case Hash::sha256:
      return EVP_sha256();
    case Hash::sha512:
      return EVP_sha512();
  }
  return nullptr;
}

base::Result<std::string> key_bytes(std::string_view key) {
  std::string out;
  if (!base::base64_decode(key, out) ||
      (out.size() != 16 && out.size() != 24 && out.size() != 32)) {
    return base::invalid_input("the key is to be base64 of 16, 24 or 32 bytes");
  }
  return out;
}

const EVP_CIPHER* cipher_for(const std::string& key) {
  return key.size() == 16   ? EVP_aes_128_gcm()
         : key.size() == 24 ? EVP_aes_192_gcm()
                            : EVP_aes_256_gcm();
}

}  // namespace

base::Result<std::string> hex_digest(Hash hash, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, digest_of(hash), nullptr) != 1) {
    return base::internal_error("the hash function is not available here");
  }
  std::string out;
  for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

base::Result<std::string> encrypt(std::string_view key, std::string_view plain) {
  const std::string secret = TRY(key_bytes(key));
  const std::string iv = base::secure_bytes(kIvSize);
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string out(plain.size(), '\0');
  std::string tag(kTagSize, '\0');
  int size = 0;
  const bool is_good =
      EVP_EncryptInit_ex(
          cipher.get(),
          cipher_for(secret),
          nullptr,
          bytes_of(std::string_view(secret)),
          bytes_of(std::string_view(iv))) == 1 &&
      EVP_EncryptUpdate(
          cipher.get(), bytes_of(out), &size, bytes_of(plain), static_cast<int>(plain.size())) ==
          1 &&
      EVP_EncryptFinal_ex(cipher.get(), bytes_of(out) + size, &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagSize, tag.data()) == 1;
  if (!is_good) return base::internal_error("AES-GCM is not available here");
  return base::base64_encode(iv + out + tag);
}

base::Result<std::string> decrypt(std::string_view key, std::string_view encrypted) {
  const std::string secret = TRY(key_bytes(key));
  std::string input;
  if (!base::base64_decode(encrypted, input) || input.size() < kIvSize + kTagSize) {
    return base::invalid_input("the encrypted text is not what encrypt() gives");
  }
  const std::string_view iv = std::string_view(input).substr(0, kIvSize);
  const std::string_view body =
      std::string_view(input).substr(kIvSize, input.size() - kIvSize - kTagSize);
  std::string tag = input.substr(input.size() - kTagSize);
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string out(body.size(), '\0');
  int size = 0;
  const bool is_good =
      EVP_DecryptInit_ex(
          cipher.get(),
          cipher_for(secret),
          nullptr,
          bytes_of(std::string_view(secret)),
          bytes_of(iv)) == 1 &&
      EVP_DecryptUpdate(
          cipher.get(), bytes_of(out), &size, bytes_of(body), static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), bytes_of(out) + size, &size) == 1;
  if (!is_good) {
    return base::invalid_input(
        "the text cannot be decrypted: the key is another one, or the text was changed");
  }
  return out;
}

}  // namespace outlay::expr
