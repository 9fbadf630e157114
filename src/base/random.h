// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace outlay::base {

/// A seeded source of numbers (xoshiro256**, Blackman and Vigna 2018). Same seed, same numbers, on every machine. Not for secrets.
class Random {
 public:
  explicit Random(std::uint64_t seed);
  std::uint64_t next();
  /// In [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// In [0, 1).
  double unit();

 private:
  std::uint64_t state_[4];
};

/// Bytes from the operating system; for ids, tokens and keys.
std::string secure_bytes(std::size_t count);
/// A fresh id of 22 letters and digits, with 128 random bits.
std::string new_id();

}  // namespace outlay::base
