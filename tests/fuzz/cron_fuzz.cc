// SPDX-License-Identifier: Apache-2.0
// Any bytes as a cron expression: refused, or its next and previous times enclose the moment asked
// for.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "flow/cron.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using outlay::base::Instant;
  constexpr std::size_t kSizeMax = 256;
  if (size == 0 || size > kSizeMax) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto cron = outlay::flow::Cron::parse(text, (data[0] & 1) != 0);
  if (!cron) return 0;
  static const auto paris = *outlay::base::Zone::find("Europe/Paris");
  static const auto new_york = *outlay::base::Zone::find("America/New_York");
  const auto& zone = (data[0] & 2) != 0 ? paris : new_york;
  const Instant moment(std::chrono::hours(490'000 + data[0]));
  const auto next = cron->next(moment, zone);
  CHECK(!next || *next > moment);
  const auto previous = cron->previous(moment, zone);
  CHECK(!previous || *previous < moment);
  return 0;
}
