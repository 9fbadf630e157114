// SPDX-License-Identifier: Apache-2.0
#include "io/retry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <thread>

#include <fmt/format.h>

#include "base/log.h"
#include "base/random.h"
#include "base/text.h"

namespace outlay::io {
namespace {

constexpr std::array<std::string_view, 12> kMonths{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr base::Duration kLongestAsked = std::chrono::minutes(5);

bool is_set(const std::atomic<bool>* stop) { return stop != nullptr && stop->load(); }

}  // namespace

bool SystemPause::wait(base::Duration time, const std::atomic<bool>* stop) {
  constexpr base::Duration kSlice = std::chrono::milliseconds(100);
  for (base::Duration left = time; left > base::Duration::zero(); left -= kSlice) {
    if (is_set(stop)) return false;
    std::this_thread::sleep_for(std::min(left, kSlice));
  }
  return !is_set(stop);
}

base::Duration RetryPolicy::before(int next, double unit) const {
  base::Duration time = first;
  for (int i = 1; i < next && time < longest; ++i) time *= 2;
  time = std::min(time, longest);
  return time - std::chrono::duration_cast<base::Duration>(time * (unit / 4));
}

bool is_later(int status) {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
         status == 504 || status == 529;
}

std::string print_http_date(base::Instant instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(
      std::chrono::floor<std::chrono::seconds>(instant) -
      std::chrono::time_point_cast<std::chrono::seconds>(day));
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
      kDays[std::chrono::weekday(day).c_encoding()],
      static_cast<unsigned>(date.day()),
      kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()),
      time.hours().count(),
      time.minutes().count(),
      time.seconds().count());
}

base::Result<base::Instant> parse_http_date(std::string_view text) {
  const std::vector<std::string> parts = base::split_trimmed(text, ' ');
  if (parts.size() == 6 && parts[1].size() <= 2) {
    const auto* const month = std::find(kMonths.begin(), kMonths.end(), parts[2]);
    if (month != kMonths.end()) {
      return base::parse_instant(fmt::format(
          "{}-{:02}-{:0>2}T{}Z", parts[3], month - kMonths.begin() + 1, parts[1], parts[4]));
    }
  }
  return base::invalid_input(fmt::format("\"{}\" is no date of an HTTP header", text));
}

base::Duration retry_after(const HttpAnswer& answer, base::Instant now) {
  const std::string asked = answer.header("retry-after");
  long long seconds = 0;
  const auto [end, failed] = std::from_chars(asked.data(), asked.data() + asked.size(), seconds);
  base::Duration time{};
  if (failed == std::errc() && end == asked.data() + asked.size()) {
    time = std::chrono::seconds(std::clamp<long long>(seconds, 0, 86'400));
  } else if (const auto date = parse_http_date(asked)) {
    time = *date - now;
  }
  return std::clamp(time, base::Duration::zero(), kLongestAsked);
}

base::Result<HttpAnswer> PatientHttp::send(const std::function<base::Result<HttpRequest>()>& make) {
  base::Random random(static_cast<std::uint64_t>(clock_.now().time_since_epoch().count()));
  for (int attempt = 1;; ++attempt) {
    HttpRequest request = TRY(make());
    bool had_bytes = false;
    if (request.body_sink) {
      request.body_sink = [&had_bytes,
                           inner = std::move(request.body_sink)](std::string_view bytes) {
        had_bytes = true;
        return inner(bytes);
      };
    }
    auto answer = http_.send(request);
    const bool again = answer ? is_later(answer->status)
                              : answer.error().code == base::Code::unavailable && !had_bytes;
    if (!again || attempt >= policy_.attempts) {
      if (!answer && attempt > 1) {
        return answer.error().within(fmt::format("after {} attempts", attempt));
      }
      return answer;
    }
    const base::Duration asked = answer ? retry_after(*answer, clock_.now()) : base::Duration{};
    const base::Duration time = std::max(asked, policy_.before(attempt, random.unit()));
    LOG(debug,
        "a request is sent again later",
        {"status", answer ? std::to_string(answer->status) : answer.error().message},
        {"in", base::print_duration(time)});
    if (!pause_.wait(time, request.stop)) {
      return base::Error{
          base::Code::cancelled, "stopped while waiting for another try", {}, nullptr};
    }
  }
}

}  // namespace outlay::io
