// SPDX-License-Identifier: Apache-2.0
#include "io/secret_store.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "format/json.h"

namespace outlay::io {
namespace {

using base::Result;
using format::Value;

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct CipherDeleter {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, CipherDeleter>;

const unsigned char* in(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* out(std::string& text, std::size_t at = 0) {
  return reinterpret_cast<unsigned char*>(text.data() + at);
}

int size_of(std::string_view text) { return static_cast<int>(text.size()); }

std::string bound_name(std::string_view name) { return "outlay secret " + std::string(name); }

// nonce, encrypted bytes, tag.
Result<std::string> sealed(std::string_view key, std::string_view name, std::string_view value) {
  const std::string nonce = base::secure_bytes(kNonceBytes);
  const std::string bound = bound_name(name);
  std::string text(value.size(), '\0');
  std::string tag(kTagBytes, '\0');
  std::string rest(kTagBytes, '\0');
  int count = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* const at = cipher.get();
  const bool is_fine =
      EVP_EncryptInit_ex(at, EVP_aes_256_gcm(), nullptr, in(key), in(nonce)) == 1 &&
      EVP_EncryptUpdate(at, nullptr, &count, in(bound), size_of(bound)) == 1 &&
      EVP_EncryptUpdate(at, out(text), &count, in(value), size_of(value)) == 1 &&
      EVP_EncryptFinal_ex(at, out(rest), &count) == 1 &&
      EVP_CIPHER_CTX_ctrl(at, EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes), tag.data()) == 1;
  if (!is_fine) return base::internal_error("the secret could not be encrypted");
  return nonce + text + tag;
}

Result<std::string> opened(std::string_view key, std::string_view name, std::string_view held) {
  const base::Error wrong{
      base::Code::denied,
      fmt::format(
          "the secret \"{}\" cannot be read with this key: it was kept with another one, or the "
          "file was changed. Set it again, or give the key it was kept with",
          name),
      {},
      nullptr};
  if (held.size() < kNonceBytes + kTagBytes) return wrong;
  const std::string_view nonce = held.substr(0, kNonceBytes);
  const std::string_view text = held.substr(kNonceBytes, held.size() - kNonceBytes - kTagBytes);
  std::string tag(held.substr(held.size() - kTagBytes));
  const std::string bound = bound_name(name);
  std::string value(text.size(), '\0');
  std::string rest(kTagBytes, '\0');
  int count = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new());
  EVP_CIPHER_CTX* const at = cipher.get();
  const bool is_fine =
      EVP_DecryptInit_ex(at, EVP_aes_256_gcm(), nullptr, in(key), in(nonce)) == 1 &&
      EVP_DecryptUpdate(at, nullptr, &count, in(bound), size_of(bound)) == 1 &&
      EVP_DecryptUpdate(at, out(value), &count, in(text), size_of(text)) == 1 &&
      EVP_CIPHER_CTX_ctrl(at, EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes), tag.data()) == 1 &&
      EVP_DecryptFinal_ex(at, out(rest), &count) == 1;
  if (!is_fine) return wrong;
  return value;
}

Result<format::Object> read_secrets(const Path& file) {
  const auto text = read_file(file);
  if (!text) {
    if (text.error().code == base::Code::not_found) return format::Object();
    return text.error();
  }
  const Value document = TRY(format::parse_json(*text, format::JsonNumbers::native, file.string()));
  if (!document["secrets"].is_object() || document["version"].int_or(0) != 1) {
    return base::invalid_input(
        fmt::format("{} is no file of secrets that this version reads", file.string()));
  }
  return document["secrets"].as_object();
}

Result<base::Done> write_secrets(const Path& file, format::Object secrets) {
  const Value document = Value::object({{"version", 1}, {"secrets", Value(std::move(secrets))}});
  TRY(make_folders(file.parent_path()));
  TRY(write_file(file, format::print_json_pretty(document) + "\n"));
  std::error_code ignored;
  std::filesystem::permissions(
      file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write, ignored);
  return base::Done{};
}

base::Error unknown(std::string_view name, const std::vector<std::string>& names) {
  return base::not_found(fmt::format(
      "there is no secret \"{}\" in the encrypted store; keep it there with `outlay secret set "
      "{}`.{}",
      name,
      name,
      base::did_you_mean(name, names)));
}

}  // namespace

EncryptedSecrets::EncryptedSecrets(Path file, std::string key, std::string key_hint)
    : file_(std::move(file)), key_(std::move(key)), key_hint_(std::move(key_hint)) {
  base::hide_in_log(key_);
}

std::string EncryptedSecrets::make_key() {
  return base::base64_encode(base::secure_bytes(kKeyBytes));
}

Result<std::string> EncryptedSecrets::raw_key() const {
  std::string raw;
  if (key_.empty()) {
    return base::Error{
        base::Code::denied, "there is no key for the encrypted secrets; " + key_hint_, {}, nullptr};
  }
  if (!base::base64_decode(base::trim(key_), raw) || raw.size() != kKeyBytes) {
    return base::invalid_input(
        "the key of the encrypted secrets must be 32 bytes in base64; `outlay secret key` makes "
        "one");
  }
  return raw;
}

Result<std::string> EncryptedSecrets::get(std::string_view, std::string_view key) {
  const format::Object secrets = TRY(read_secrets(file_));
  const Value* held = secrets.find(key);
  if (held == nullptr) return unknown(key, keys({}));
  std::string raw;
  if (!base::base64_decode(held->text_or(""), raw)) raw.clear();
  const std::string with = TRY(raw_key());
  std::string value = TRY(opened(with, key, raw));
  base::hide_in_log(value);
  return value;
}

std::vector<std::string> EncryptedSecrets::keys(std::string_view) {
  std::vector<std::string> out;
  if (const auto secrets = read_secrets(file_)) {
    for (const auto& [name, unused] : *secrets) out.push_back(name);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<base::Done> EncryptedSecrets::set(std::string_view name, std::string_view value) {
  base::hide_in_log(value);
  const bool is_name = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
  if (!is_name) {
    return base::invalid_input(fmt::format(
        "a secret's name has letters, digits, '_', '-' and '.'; \"{}\" does not", name));
  }
  const base::Lock lock(mutex_);
  const std::string key = TRY(raw_key());
  format::Object secrets = TRY(read_secrets(file_));
  const std::string held = TRY(sealed(key, name, value));
  secrets.set(std::string(name), base::base64_encode(held));
  return write_secrets(file_, std::move(secrets));
}

Result<bool> EncryptedSecrets::remove(std::string_view name) {
  const base::Lock lock(mutex_);
  format::Object secrets = TRY(read_secrets(file_));
  if (!secrets.erase(name)) return false;
  TRY(write_secrets(file_, std::move(secrets)));
  return true;
}

Result<std::string> SecretChain::get(std::string_view name_space, std::string_view key) {
  std::vector<std::string> reasons;
  for (const auto& place : places_) {
    auto found = place->get(name_space, key);
    if (found || found.error().code != base::Code::not_found) return found;
    reasons.push_back(found.error().message);
  }
  std::string told = reasons.empty() ? "there are no secrets" : reasons.front();
  // The first two places are those of this machine, of which one sentence is enough.
  for (std::size_t i = 2; i < reasons.size(); ++i) told += " Also, " + reasons[i] + ".";
  return base::not_found(std::move(told));
}

std::vector<std::string> SecretChain::keys(std::string_view name_space) {
  std::set<std::string> all;
  for (const auto& place : places_) {
    for (std::string& key : place->keys(name_space)) all.insert(std::move(key));
  }
  return {all.begin(), all.end()};
}

}  // namespace outlay::io
