// SPDX-License-Identifier: Apache-2.0
// Functions that answer something new each time.
#include "base/random.h"

#include <cstring>

#include <fmt/format.h>

#include "base/clock.h"
#include "expr/builtin.h"
#include "expr/values.h"

namespace outlay::expr {
namespace {

using format::Value;
using Answer = base::Result<Value>;

std::uint64_t random_bits() {
  const std::string bytes = base::secure_bytes(sizeof(std::uint64_t));
  std::uint64_t out = 0;
  std::memcpy(&out, bytes.data(), sizeof out);
  return out;
}

// Without the bias that a plain remainder has.
std::uint64_t random_below(std::uint64_t bound) {
  const std::uint64_t limit = ~std::uint64_t{0} - ~std::uint64_t{0} % bound;
  std::uint64_t bits = random_bits();
  while (bits >= limit) bits = random_bits();
  return bits % bound;
}

Answer uuid(Call&) {
  std::string bytes = base::secure_bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += fmt::format("{:02x}", static_cast<unsigned>(static_cast<unsigned char>(bytes[i])));
  }
  return Value(std::move(out));
}

// 4 bytes of seconds since 2014-05-13T16:53:20Z, 16 random bytes, as 27 digits to the base of 62.
Answer ksuid(Call& call) {
  constexpr std::int64_t kEpoch = 1'400'000'000;
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const base::Clock* clock = call.environment().clock;
  const base::Instant now = clock == nullptr ? base::SystemClock().now() : clock->now();
  const auto seconds = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count() - kEpoch);
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(seconds >> shift & 0xFF);
  bytes += base::secure_bytes(16);
  std::string out(27, '0');
  for (std::size_t place = out.size(); place-- > 0;) {
    unsigned rest = 0;
    for (char& byte : bytes) {
      const unsigned value = rest * 256 + static_cast<unsigned char>(byte);
      byte = static_cast<char>(value / 62);
      rest = value % 62;
    }
    out[place] = kDigits[rest];
  }
  return Value(std::move(out));
}

Answer nano_id(Call& call) {
  constexpr std::string_view kAlphabet =
      "_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr std::int64_t kLengthMax = 1'000'000;
  const std::int64_t length = TRY(call.integer_or(0, "length", 21));
  const std::string alphabet = TRY(call.text_or(1, "alphabet", kAlphabet));
  if (length < 1 || length > kLengthMax) {
    return call.error(
        fmt::format("the argument 'length' is to be 1 to {}, found {}", kLengthMax, length));
  }
  const std::vector<std::string_view> letters = characters(alphabet);
  if (letters.empty()) return call.error("the argument 'alphabet' must not be empty");
  std::string out;
  for (std::int64_t i = 0; i < length; ++i) out += letters[random_below(letters.size())];
  return Value(std::move(out));
}

Answer random_int(Call& call) {
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (call.has(i) && !call.argument(i)->is_int()) {
      return call.error(fmt::format(
          "the argument '{}' is to be a whole number, found {}",
          i == 0 ? "lower" : "upper",
          call.argument(i)->kind()));
    }
  }
  const std::int64_t lower = TRY(call.integer(0, "lower"));
  const std::int64_t upper = TRY(call.integer(1, "upper"));
  if (upper < lower) {
    return call.error(
        fmt::format("the argument 'upper' is to be at least {}, found {}", lower, upper));
  }
  if (upper == lower) return Value(lower);
  const std::uint64_t width = static_cast<std::uint64_t>(upper) - static_cast<std::uint64_t>(lower);
  return Value(static_cast<std::int64_t>(static_cast<std::uint64_t>(lower) + random_below(width)));
}

Answer random_port(Call&) {
  constexpr std::uint64_t kFirst = 49152;
  constexpr std::uint64_t kPorts = 65536 - kFirst;
  return Value(static_cast<std::int64_t>(kFirst + random_below(kPorts)));
}

}  // namespace

std::vector<Builtin> random_functions() {
  return {
      {"uuid", {}, uuid},
      {"id", {}, [](Call&) -> Answer { return Value(base::new_id()); }},
      {"ksuid", {}, ksuid},
      {"nanoId", {"length", "alphabet"}, nano_id},
      {"randomInt", {"lower", "upper"}, random_int},
      {"randomPort", {}, random_port},
  };
}

}  // namespace outlay::expr
