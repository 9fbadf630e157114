// SPDX-License-Identifier: Apache-2.0
#include "expr/date_pattern.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::expr {
namespace {

constexpr std::array<std::string_view, 12> kMonths{
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December"};
constexpr std::array<std::string_view, 7> kDays{
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

struct Named {
  std::string_view name, pattern;
};

// F stands for a fraction as long as needed, I for one of 0, 3, 6 or 9 digits: letters no pattern
// has.
constexpr std::array<Named, 26> kNamed{{
    {"iso", "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"},
    {"iso_milli", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"},
    {"iso_sec", "yyyy-MM-dd'T'HH:mm:ssXXX"},
    {"iso_zoned_date_time", "yyyy-MM-dd'T'HH:mm:ssFXXXR"},
    {"iso_date_time", "yyyy-MM-dd'T'HH:mm:ssFXXXR"},
    {"iso_offset_date_time", "yyyy-MM-dd'T'HH:mm:ssFXXX"},
    {"iso_local_date_time", "yyyy-MM-dd'T'HH:mm:ssF"},
    {"iso_local_date", "yyyy-MM-dd"},
    {"iso_offset_date", "yyyy-MM-ddXXX"},
    {"iso_date", "yyyy-MM-ddXXX"},
    {"iso_local_time", "HH:mm:ssF"},
    {"iso_offset_time", "HH:mm:ssFXXX"},
    {"iso_time", "HH:mm:ssFXXX"},
    {"iso_ordinal_date", "yyyy-DDDXXX"},
    {"iso_week_date", "YYYY-'W'ww-iXXX"},
    {"iso_instant", "yyyy-MM-dd'T'HH:mm:ssIXXX"},
    {"basic_iso_date", "yyyyMMddXX"},
    {"rfc_1123_date_time", "EEE, d MMM yyyy HH:mm:ss j"},
    {"sql", "yyyy-MM-dd HH:mm:ss.SSSSSS"},
    {"sql_milli", "yyyy-MM-dd HH:mm:ss.SSS"},
    {"sql_sec", "yyyy-MM-dd HH:mm:ss"},
    {"sql_seq", "yyyy-MM-dd HH:mm:ss"},
    {"full",
     "EEEE, MMMM d, yyyy 'at' h:mm:ss\xE2\x80\xAF"
     "a zzzz"},
    {"long",
     "MMMM d, yyyy 'at' h:mm:ss\xE2\x80\xAF"
     "a z"},
    {"medium",
     "MMM d, yyyy, h:mm:ss\xE2\x80\xAF"
     "a"},
    {"short",
     "M/d/yy, h:mm\xE2\x80\xAF"
     "a"},
}};

/// A piece of a pattern: a letter repeated, or text (letter 0). '[' and ']' are letters of their
/// own.
struct Piece {
  char letter = 0;
  std::size_t count = 0;
  std::string text;
};

base::Error wrong(std::string_view pattern, std::string_view why) {
  return base::invalid_input(fmt::format("the date format '{}' cannot be used: {}", pattern, why));
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

base::Result<std::vector<Piece>> pieces_of(std::string_view pattern, bool is_named) {
  constexpr std::string_view kKnown = "GuyDMLdQqYwWEecahKkHmsSAnNVvzOXxZB[]";
  constexpr std::string_view kOwn = "FIRij";
  std::vector<Piece> out;
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    Piece piece;
    if (c == '\'') {
      ++i;
      if (i < pattern.size() && pattern[i] == '\'') {
        piece.text = "'";
        ++i;
      } else {
        while (true) {
          if (i >= pattern.size()) return wrong(pattern, "a quote is not closed");
          if (pattern[i] != '\'') {
            piece.text += pattern[i++];
          } else if (i + 1 < pattern.size() && pattern[i + 1] == '\'') {
            piece.text += '\'';
            i += 2;
          } else {
            ++i;
            break;
          }
        }
      }
    } else if (is_letter(c) || c == '[' || c == ']') {
      const bool is_known = kKnown.find(c) != std::string_view::npos ||
                            (is_named && kOwn.find(c) != std::string_view::npos);
      if (!is_known)
        return wrong(
            pattern, fmt::format("the letter '{}' has no meaning; quote text as 'text'", c));
      piece.letter = c;
      while (i < pattern.size() && pattern[i] == c) {
        ++piece.count;
        ++i;
        if (c == '[' || c == ']') break;
      }
    } else {
      piece.text = std::string(1, c);
      ++i;
    }
    out.push_back(std::move(piece));
  }
  return out;
}

base::Result<std::vector<Piece>> pieces_of_format(std::string_view format) {
  for (const Named& named : kNamed) {
    if (named.name == format) return pieces_of(named.pattern, true);
  }
  const bool is_word =
      std::all_of(format.begin(), format.end(), [](char c) { return is_letter(c) || c == '_'; });
  if (is_word && format.find('_') != std::string_view::npos) {
    std::vector<std::string> names;
    for (const Named& named : kNamed) names.emplace_back(named.name);
    return base::invalid_input(
        fmt::format("there is no date format '{}'.{}", format, base::did_you_mean(format, names)));
  }
  return pieces_of(format, false);
}

std::string padded(std::int64_t value, std::size_t width) {
  return fmt::format("{:0{}}", value, width);
}

struct WeekDate {
  int year = 0;
  int week = 0;
};

// ISO 8601: weeks begin on Monday, and the first has the year's first Thursday.
WeekDate week_of(const DateTime::Fields& at) {
  const auto weeks_in = [](int year) {
    const auto p = [](int y) { return (y + y / 4 - y / 100 + y / 400) % 7; };
    return p(year) == 4 || p(year - 1) == 3 ? 53 : 52;
  };
  WeekDate out{at.year, (at.day_of_year - at.weekday + 10) / 7};
  if (out.week < 1) return {at.year - 1, weeks_in(at.year - 1)};
  if (out.week > weeks_in(at.year)) return {at.year + 1, 1};
  return out;
}

std::string fraction_text(std::int32_t nanos, bool is_in_threes) {
  if (nanos == 0) return "";
  std::string digits = padded(nanos, 9);
  while (digits.ends_with('0') &&
         !(is_in_threes && digits.size() % 3 == 0 && !digits.ends_with("000"))) {
    digits.pop_back();
  }
  if (is_in_threes) digits.resize((digits.size() + 2) / 3 * 3, '0');
  return "." + digits;
}

std::string gmt_offset(std::int32_t offset, bool is_full) {
  if (offset == 0) return "GMT";
  if (is_full) return "GMT" + print_offset(offset, ":", false);
  const std::int32_t size = offset < 0 ? -offset : offset;
  std::string out = fmt::format("GMT{}{}", offset < 0 ? '-' : '+', size / 3600);
  if (size % 3600 != 0) out += fmt::format(":{:02}", size / 60 % 60);
  return out;
}

std::string offset_text(char letter, std::size_t count, std::int32_t offset) {
  if (letter == 'Z') {
    if (count <= 3) return print_offset(offset, "", false);
    return count == 4 ? gmt_offset(offset, true) : print_offset(offset, ":", true);
  }
  const bool has_z = letter == 'X';
  if (count == 1) {
    if (offset == 0 && has_z) return "Z";
    std::string out = print_offset(offset, "", false);
    if (offset % 3600 == 0) out.resize(3);
    return out;
  }
  return print_offset(offset, count == 3 || count == 5 ? ":" : "", has_z);
}

std::string name_text(std::string_view name, std::size_t count) {
  return std::string(count == 3 ? name.substr(0, 3) : count == 5 ? name.substr(0, 1) : name);
}

std::string year_text(int year, std::size_t count) {
  return count == 2 ? padded(year % 100, 2) : padded(year, count);
}

std::string day_period(int hour) {
  if (hour < 6) return "at night";
  if (hour < 12) return "in the morning";
  if (hour < 18) return "in the afternoon";
  return hour < 21 ? "in the evening" : "at night";
}

std::string date_piece(
    const Piece& piece, const DateTime& time, const DateTime::Fields& at, const Locale* locale) {
  const std::size_t count = piece.count;
  switch (piece.letter) {
    case 'G':
      return count == 4 ? "Anno Domini" : count == 5 ? "A" : "AD";
    case 'y':
    case 'u':
      return year_text(at.year, count);
    case 'Y':
      return year_text(week_of(at).year, count);
    case 'D':
      return padded(at.day_of_year, count);
    case 'M':
    case 'L': {
      const auto place = static_cast<std::size_t>(at.month - 1);
      if (count <= 2) return padded(at.month, count);
      if (locale != nullptr && count <= 4)
        return (count == 3 ? locale->short_months : locale->months)[place];
      return name_text(kMonths[place], count);
    }
    case 'd':
      return padded(at.day, count);
    case 'Q':
    case 'q': {
      const int quarter = (at.month - 1) / 3 + 1;
      constexpr std::array<std::string_view, 4> kQuarters{
          "1st quarter", "2nd quarter", "3rd quarter", "4th quarter"};
      if (count <= 2) return padded(quarter, count);
      return count == 4 ? std::string(kQuarters[static_cast<std::size_t>(quarter - 1)])
                        : fmt::format("Q{}", quarter);
    }
    case 'w':
      return padded(week_of(at).week, count);
    case 'W':
      return padded(
          (at.day + 6 - at.weekday) / 7 + (at.day % 7 == 0 && at.weekday == 7 ? 0 : 1), count);
    case 'i':
      return padded(at.weekday, 1);
    case 'E':
    case 'e':
    case 'c': {
      const std::string_view name = kDays[static_cast<std::size_t>(at.weekday - 1)];
      // Java's default locale counts the week's days from Sunday.
      if (piece.letter != 'E' && count <= 2) return padded(at.weekday % 7 + 1, count);
      const auto place = static_cast<std::size_t>(at.weekday - 1);
      if (locale != nullptr && count <= 4)
        return (count <= 3 ? locale->short_days : locale->days)[place];
      return name_text(name, count < 3 ? 3 : count);
    }
    default:
      break;
  }
  return fmt::format("{}", time.seconds());
}

std::string time_piece(const Piece& piece, const DateTime& time, const DateTime::Fields& at) {
  const std::size_t count = piece.count;
  const std::int64_t nanos_of_day =
      (at.hour * 3600LL + at.minute * 60 + at.second) * 1'000'000'000 + time.nanos();
  switch (piece.letter) {
    case 'a':
      return count == 5 ? (at.hour < 12 ? "a" : "p") : (at.hour < 12 ? "AM" : "PM");
    case 'B':
      return day_period(at.hour);
    case 'h':
      return padded((at.hour + 11) % 12 + 1, count);
    case 'K':
      return padded(at.hour % 12, count);
    case 'k':
      return padded(at.hour == 0 ? 24 : at.hour, count);
    case 'H':
      return padded(at.hour, count);
    case 'm':
      return padded(at.minute, count);
    case 's':
      return padded(at.second, count);
    case 'S': {
      std::string digits = padded(time.nanos(), 9);
      digits.resize(count, '0');
      return digits;
    }
    case 'A':
      return padded(nanos_of_day / 1'000'000, count);
    case 'n':
      return padded(time.nanos(), count);
    case 'N':
      return padded(nanos_of_day, count);
    case 'F':
      return fraction_text(time.nanos(), false);
    case 'I':
      return fraction_text(time.nanos(), true);
    default:
      return "";
  }
}

std::string zone_piece(const Piece& piece, const DateTime& time) {
  const std::int32_t offset = time.offset();
  switch (piece.letter) {
    case 'X':
    case 'x':
    case 'Z':
      return offset_text(piece.letter, piece.count, offset);
    case 'O':
      return gmt_offset(offset, piece.count > 1);
    case 'V':
      return time.zone().name();
    case 'R':
      return time.zone().is_region() ? fmt::format("[{}]", time.zone().name()) : "";
    case 'j':
      return offset == 0 ? "GMT" : print_offset(offset, "", false);
    default:
      return time.zone().abbreviation_at(
          base::Instant(std::chrono::microseconds(time.seconds() * 1'000'000)));
  }
}

}  // namespace

std::string print_offset(std::int32_t offset, std::string_view separator, bool has_z) {
  if (offset == 0 && has_z) return "Z";
  const std::int32_t size = offset < 0 ? -offset : offset;
  std::string out =
      fmt::format("{}{:02}{}{:02}", offset < 0 ? '-' : '+', size / 3600, separator, size / 60 % 60);
  if (size % 60 != 0) out += fmt::format("{}{:02}", separator, size % 60);
  return out;
}

base::Result<std::string> print_by_pattern(
    const DateTime& given, std::string_view format, const Locale* locale) {
  if (locale != nullptr)
    if (const auto style = locale->styles.find(format); style != locale->styles.end())
      format = style->second;
  const std::vector<Piece> pieces = TRY(pieces_of_format(format));
  const DateTime time = format == "iso_instant" ? given.in(base::Zone()) : given;
  const DateTime::Fields at = time.fields();
  std::string out;
  constexpr std::size_t kWidthMax = 40;
  for (const Piece& piece : pieces) {
    if (piece.count > kWidthMax) return wrong(format, "a letter is repeated too often");
    constexpr std::string_view kTime = "aBhKkHmsSAnNFI";
    constexpr std::string_view kZone = "XxZOVvzRj";
    if (piece.letter == 0) {
      out += piece.text;
    } else if (piece.letter == '[' || piece.letter == ']') {
      continue;
    } else if (kTime.find(piece.letter) != std::string_view::npos) {
      out += time_piece(piece, time, at);
    } else if (kZone.find(piece.letter) != std::string_view::npos) {
      out += zone_piece(piece, time);
    } else {
      out += date_piece(piece, time, at, locale);
    }
  }
  return out;
}

namespace {

/// What was read so far of a text.
struct Reading {
  std::string_view text;
  std::size_t at = 0;
  DateTime::Fields fields;
  std::int32_t nanos = 0;
  std::optional<bool> is_afternoon;
  bool has_time = false;
  int day_of_year = 0;
  std::optional<base::Zone> zone;
};

bool is_numeric(const Piece& piece) {
  constexpr std::string_view kNumeric = "uyDdhKkHmsSAnN";
  return kNumeric.find(piece.letter) != std::string_view::npos ||
         ((piece.letter == 'M' || piece.letter == 'L') && piece.count <= 2);
}

bool read_number(Reading& reading, std::size_t width_max, std::int64_t& out) {
  std::size_t end = reading.at;
  while (end < reading.text.size() && end - reading.at < width_max && reading.text[end] >= '0' &&
         reading.text[end] <= '9') {
    ++end;
  }
  if (end == reading.at) return false;
  std::from_chars(reading.text.data() + reading.at, reading.text.data() + end, out);
  reading.at = end;
  return true;
}

template <std::size_t size>
bool read_name(
    Reading& reading, const std::array<std::string_view, size>& names, bool is_short, int& out) {
  const std::string_view rest = reading.text.substr(reading.at);
  for (std::size_t i = 0; i < size; ++i) {
    const std::string_view name = is_short ? names[i].substr(0, 3) : names[i];
    if (!base::equal_ignoring_case(rest.substr(0, name.size()), name)) continue;
    reading.at += name.size();
    out = static_cast<int>(i) + 1;
    return true;
  }
  return false;
}

bool read_zone(Reading& reading) {
  std::size_t end = reading.at;
  while (end < reading.text.size()) {
    const char c = reading.text[end];
    const bool is_part = is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
                         c == ':' || c == '/' || c == '_';
    if (!is_part) break;
    ++end;
  }
  for (; end > reading.at; --end) {
    if (auto zone = base::Zone::find(reading.text.substr(reading.at, end - reading.at))) {
      reading.zone = *std::move(zone);
      reading.at = end;
      return true;
    }
  }
  return false;
}

bool read_fraction(Reading& reading, std::size_t width_max) {
  const std::size_t begin = reading.at;
  std::int64_t value = 0;
  if (!read_number(reading, std::min<std::size_t>(width_max, 9), value)) return false;
  for (std::size_t i = reading.at - begin; i < 9; ++i) value *= 10;
  reading.nanos = static_cast<std::int32_t>(value);
  return true;
}

bool store(Reading& reading, char letter, std::size_t count, std::int64_t value) {
  if (value < 0 || value > 999'999'999) return false;
  const int number = static_cast<int>(value);
  DateTime::Fields& fields = reading.fields;
  switch (letter) {
    case 'u':
    case 'y':
      fields.year = count == 2 ? 2000 + number : number;
      return true;
    case 'M':
    case 'L':
      fields.month = number;
      return true;
    case 'd':
      fields.day = number;
      return true;
    case 'D':
      reading.day_of_year = number;
      return true;
    case 'm':
      fields.minute = number;
      break;
    case 's':
      fields.second = number;
      break;
    case 'H':
      fields.hour = number;
      break;
    case 'k':
      fields.hour = number % 24;
      break;
    case 'K':
      fields.hour = number;
      break;
    case 'h':
      fields.hour = number % 12;
      break;
    case 'n':
      reading.nanos = number;
      break;
    default:
      return false;
  }
  reading.has_time = true;
  return true;
}

bool read_piece(Reading& reading, const Piece& piece, bool is_followed_by_number) {
  const std::string_view rest = reading.text.substr(reading.at);
  if (piece.letter == 0) {
    if (!rest.starts_with(piece.text)) return false;
    reading.at += piece.text.size();
    return true;
  }
  switch (piece.letter) {
    case 'E':
    case 'e':
    case 'c': {
      int ignored = 0;
      return read_name(reading, kDays, piece.count <= 3, ignored);
    }
    case 'a': {
      const bool is_pm = base::equal_ignoring_case(rest.substr(0, 2), "PM");
      if (!is_pm && !base::equal_ignoring_case(rest.substr(0, 2), "AM")) return false;
      reading.is_afternoon = is_pm;
      reading.at += 2;
      return true;
    }
    case 'S':
      return read_fraction(reading, piece.count);
    case 'F':
    case 'I':
      if (!rest.starts_with('.')) return true;
      ++reading.at;
      return read_fraction(reading, 9);
    case 'R':
      if (!rest.starts_with('[')) return true;
      ++reading.at;
      if (!read_zone(reading) || !reading.text.substr(reading.at).starts_with(']')) return false;
      ++reading.at;
      return true;
    default:
      break;
  }
  constexpr std::string_view kZone = "XxZOVvzj";
  if (kZone.find(piece.letter) != std::string_view::npos) return read_zone(reading);
  if ((piece.letter == 'M' || piece.letter == 'L') && piece.count > 2) {
    return read_name(reading, kMonths, piece.count == 3, reading.fields.month);
  }
  const bool is_year = piece.letter == 'y' || piece.letter == 'u';
  const std::size_t width = is_followed_by_number         ? piece.count
                            : piece.count == 1            ? 9
                            : is_year && piece.count != 2 ? std::max<std::size_t>(piece.count, 4)
                                                          : piece.count;
  std::int64_t value = 0;
  return read_number(reading, width, value) && store(reading, piece.letter, piece.count, value);
}

// An optional part that does not match is left out, and reading goes on after it.
bool read_pieces(Reading& reading, const std::vector<Piece>& pieces) {
  std::vector<Reading> saved;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].letter == '[') {
      saved.push_back(reading);
      continue;
    }
    if (pieces[i].letter == ']') {
      if (!saved.empty()) saved.pop_back();
      continue;
    }
    const bool is_followed = i + 1 < pieces.size() && is_numeric(pieces[i + 1]);
    if (read_piece(reading, pieces[i], is_followed)) continue;
    if (saved.empty()) return false;
    reading = saved.back();
    saved.pop_back();
    for (int depth = 1; depth > 0 && ++i < pieces.size();) {
      depth += pieces[i].letter == '[' ? 1 : pieces[i].letter == ']' ? -1 : 0;
    }
  }
  return reading.at == reading.text.size();
}

}  // namespace

base::Result<DateTime> parse_by_pattern(
    std::string_view text, std::string_view format, const base::Zone& zone) {
  const std::vector<Piece> pieces = TRY(pieces_of_format(format));
  Reading reading;
  reading.text = text;
  if (!read_pieces(reading, pieces)) {
    return base::invalid_input(fmt::format("'{}' is not written in the format '{}'", text, format));
  }
  if (reading.is_afternoon.value_or(false) && reading.fields.hour < 12) reading.fields.hour += 12;
  if (!reading.has_time) reading.fields.hour = 12;
  base::Result<DateTime> out =
      DateTime::of_fields(reading.fields, reading.nanos, reading.zone.value_or(zone));
  if (!out || reading.day_of_year <= 1) return out;
  return out->plus(reading.day_of_year - 1, "DAYS");
}

}  // namespace outlay::expr
