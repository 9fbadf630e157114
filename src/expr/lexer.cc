// SPDX-License-Identifier: Apache-2.0
#include "expr/lexer.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "base/text.h"

namespace outlay::expr {
namespace {

// Longest first, so that "is not" wins over "is" and "???" over "??".
constexpr std::array<std::string_view, 23> kOperators{
    "contains", "equals", "isIn", "and", "not", "???", "or", "is", "==", "!=", "<=", ">=",
    "..",       "??",     "<",    ">",   "+",   "-",   "*",  "/",  "%",  "|",  "~"};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Bytes of letters outside ASCII count as letters.
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  base::Result<std::vector<Token>> run();

 private:
  using Done = base::Result<base::Done>;

  Done data();
  Done comment(std::size_t begin);
  Done expression_until(std::string_view close, Token::Type end_type, std::size_t begin);
  Done expression_token();
  bool operation();
  Done string(char quote);
  Done interpolated_string();
  Done punctuation();
  Done interpolation();
  bool number();
  bool protected_block(std::size_t begin);
  Done verbatim(std::size_t begin, std::size_t after_name);

  void push(Token::Type type, std::string text, std::size_t offset);
  Spot spot_of(std::size_t offset);
  base::Error error(std::size_t offset, std::string message);

  bool at(std::string_view what) const { return text_.substr(at_).starts_with(what); }

  void skip_space() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<Token> tokens_;
  std::vector<char> brackets_;
  bool trims_next_ = false;
  int string_depth_ = 0;
  // Offsets are asked in rising order nearly always, so the line is counted on from here.
  std::size_t known_offset_ = 0;
  Spot known_spot_;
};

Spot Lexer::spot_of(std::size_t offset) {
  if (offset < known_offset_) {
    known_offset_ = 0;
    known_spot_ = {};
  }
  for (; known_offset_ < offset; ++known_offset_) {
    if (text_[known_offset_] == '\n') {
      ++known_spot_.line;
      known_spot_.column = 1;
    } else if ((static_cast<unsigned char>(text_[known_offset_]) & 0xC0) != 0x80) {
      ++known_spot_.column;
    }
  }
  return known_spot_;
}

base::Error Lexer::error(std::size_t offset, std::string message) {
  const Spot spot = spot_of(std::min(offset, text_.size()));
  return base::invalid_input(
      std::move(message),
      base::Place{.file = {}, .line = spot.line, .column = spot.column, .row = 0});
}

void Lexer::push(Token::Type type, std::string text, std::size_t offset) {
  tokens_.push_back({type, std::move(text), spot_of(offset), offset});
}

std::string_view without_space_before(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

std::string_view without_space_after(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

base::Result<std::vector<Token>> Lexer::run() {
  while (at_ < text_.size()) TRY(data());
  push(Token::Type::end, "", text_.size());
  return std::move(tokens_);
}

// Text up to the next {{, {% or {#, and what that opens.
Lexer::Done Lexer::data() {
  const std::size_t begin = at_;
  std::size_t open = begin;
  while (open + 1 < text_.size() &&
         !(text_[open] == '{' &&
           (text_[open + 1] == '{' || text_[open + 1] == '%' || text_[open + 1] == '#'))) {
    ++open;
  }
  const bool found = open + 1 < text_.size();
  if (!found) open = text_.size();
  std::string_view piece = text_.substr(begin, open - begin);
  if (trims_next_) piece = without_space_before(piece);
  trims_next_ = false;
  at_ = found ? open + 2 : open;
  // A dash trims only when white space follows it: {{-1}} is minus one.
  const bool is_trimmed =
      found && at_ + 1 < text_.size() && text_[at_] == '-' && is_space(text_[at_ + 1]);
  const bool is_raw = found && text_[open + 1] == '%' && protected_block(open);
  if (is_trimmed && !is_raw) piece = without_space_after(piece);
  if (is_raw) {
    Token raw = std::move(tokens_.back());
    tokens_.pop_back();
    if (!piece.empty()) push(Token::Type::text, std::string(piece), begin);
    tokens_.push_back(std::move(raw));
    return base::Done{};
  }
  if (!piece.empty()) push(Token::Type::text, std::string(piece), begin);
  if (!found) return base::Done{};
  if (is_trimmed) ++at_;
  if (text_[open + 1] == '#') return comment(open);
  if (text_[open + 1] == '{') {
    push(Token::Type::print_begin, "{{", open);
    return expression_until("}}", Token::Type::print_end, open);
  }
  std::size_t word = at_;
  while (word < text_.size() && is_space(text_[word])) ++word;
  constexpr std::string_view kVerbatim = "verbatim";
  if (text_.substr(word).starts_with(kVerbatim) && word + kVerbatim.size() < text_.size() &&
      !is_name_part(text_[word + kVerbatim.size()])) {
    return verbatim(open, word + kVerbatim.size());
  }
  push(Token::Type::tag_begin, "{%", open);
  return expression_until("%}", Token::Type::tag_end, open);
}

// Matches {%-* word -*%} at `begin`; answers the offset after it, or npos.
std::size_t after_tag(std::string_view text, std::size_t begin, std::string_view word) {
  std::size_t at = begin + 2;
  while (at < text.size() && text[at] == '-') ++at;
  while (at < text.size() && is_space(text[at])) ++at;
  if (!text.substr(at).starts_with(word)) return std::string_view::npos;
  at += word.size();
  while (at < text.size() && is_space(text[at])) ++at;
  while (at < text.size() && text[at] == '-') ++at;
  return text.substr(at).starts_with("%}") ? at + 2 : std::string_view::npos;
}

// {% raw %}...{% endraw %}: nothing in it is looked at, white space is kept, dashes trim nothing.
bool Lexer::protected_block(std::size_t begin) {
  const std::size_t inside = after_tag(text_, begin, "raw");
  if (inside == std::string_view::npos) return false;
  for (std::size_t close = text_.find("{%", inside); close != std::string_view::npos;
       close = text_.find("{%", close + 2)) {
    const std::size_t after = after_tag(text_, close, "endraw");
    if (after == std::string_view::npos) continue;
    push(Token::Type::raw, std::string(text_.substr(inside, close - inside)), begin);
    at_ = after;
    return true;
  }
  return false;
}

Lexer::Done Lexer::verbatim(std::size_t begin, std::size_t after_name) {
  const std::size_t inside = text_.find("%}", after_name);
  const auto unclosed = [&] {
    return error(begin, "the tag 'verbatim' is not closed: {% endverbatim %} is missing");
  };
  if (inside == std::string_view::npos) return unclosed();
  for (std::size_t close = text_.find("{%", inside); close != std::string_view::npos;
       close = text_.find("{%", close + 2)) {
    const std::size_t after = after_tag(text_, close, "endverbatim");
    if (after == std::string_view::npos) continue;
    std::string_view body = without_space_before(text_.substr(inside + 2, close - inside - 2));
    if (text_[close + 2] == '-') body = without_space_after(body);
    trims_next_ = text_[after - 3] == '-';
    if (!body.empty()) push(Token::Type::text, std::string(body), inside + 2);
    at_ = after;
    return base::Done{};
  }
  return unclosed();
}

Lexer::Done Lexer::comment(std::size_t begin) {
  const std::size_t close = text_.find("#}", at_);
  if (close == std::string_view::npos) {
    return error(begin, "the comment is not closed: #} is missing");
  }
  trims_next_ = close > at_ + 1 && text_[close - 1] == '-' && is_space(text_[close - 2]);
  at_ = close + 2;
  return base::Done{};
}

Lexer::Done Lexer::expression_until(
    std::string_view close, Token::Type end_type, std::size_t begin) {
  while (true) {
    skip_space();
    if (at_ >= text_.size()) {
      return error(
          begin, fmt::format("{} is not closed: {} is missing", text_.substr(begin, 2), close));
    }
    if (brackets_.empty() && at(close)) {
      push(end_type, std::string(close), at_);
      at_ += 2;
      return base::Done{};
    }
    if (brackets_.empty() && text_[at_] == '-' && text_.substr(at_ + 1).starts_with(close)) {
      trims_next_ = true;
      ++at_;
      continue;
    }
    TRY(expression_token());
  }
}

bool Lexer::operation() {
  const bool after_dot = !tokens_.empty() && tokens_.back().is(Token::Type::punctuation, ".");
  for (std::string_view candidate : kOperators) {
    if (candidate.empty() || !at(candidate)) continue;
    const std::size_t after = at_ + candidate.size();
    const bool is_word = is_name_start(candidate.back());
    if (is_word && (after_dot || (after < text_.size() && is_name_part(text_[after])))) continue;
    const std::size_t begin = at_;
    at_ = after;
    std::string word(candidate);
    if (candidate == "is") {
      std::size_t next = at_;
      while (next < text_.size() && is_space(text_[next])) ++next;
      if (next > at_ && text_.substr(next).starts_with("not") &&
          (next + 3 >= text_.size() || !is_name_part(text_[next + 3]))) {
        word = "is not";
        at_ = next + 3;
      }
    }
    push(Token::Type::operation, std::move(word), begin);
    return true;
  }
  return false;
}

bool Lexer::number() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  std::string digits(text_.substr(begin, at_ - begin));
  if (at_ < text_.size() && text_[at_] == 'L') {
    ++at_;
    push(Token::Type::integer, std::move(digits), begin);
    return true;
  }
  const bool has_fraction = at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1]);
  if (has_fraction) {
    ++at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    digits = text_.substr(begin, at_ - begin);
  }
  push(has_fraction ? Token::Type::decimal : Token::Type::integer, std::move(digits), begin);
  return true;
}

Lexer::Done Lexer::expression_token() {
  const char c = text_[at_];
  if (operation()) return base::Done{};
  if (is_name_start(c)) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name_part(text_[at_])) ++at_;
    push(Token::Type::name, std::string(text_.substr(begin, at_ - begin)), begin);
    return base::Done{};
  }
  if (is_digit(c)) {
    number();
    return base::Done{};
  }
  if (c == '\'' || c == '"') return string(c);
  return punctuation();
}

Lexer::Done Lexer::punctuation() {
  constexpr std::string_view kPunctuation = "()[]{}?:.,=";
  constexpr std::size_t kBracketsMax = 500;
  const char c = text_[at_];
  if (kPunctuation.find(c) == std::string_view::npos) {
    return error(at_, fmt::format("unexpected character '{}'", c));
  }
  if (c == '(' || c == '[' || c == '{') {
    if (brackets_.size() >= kBracketsMax) return error(at_, "brackets are nested too deeply");
    brackets_.push_back(c);
  } else if (c == ')' || c == ']' || c == '}') {
    const char opening = c == ')' ? '(' : c == ']' ? '[' : '{';
    if (brackets_.empty()) {
      return error(at_, fmt::format("'{}' closes nothing that is open here", c));
    }
    if (brackets_.back() != opening) {
      const char wanted = brackets_.back() == '(' ? ')' : brackets_.back() == '[' ? ']' : '}';
      return error(at_, fmt::format("'{}' is wanted here, found '{}'", wanted, c));
    }
    brackets_.pop_back();
  }
  push(Token::Type::punctuation, std::string(1, c), at_);
  ++at_;
  return base::Done{};
}

// Only the quote itself and the backslash can be escaped; \n stays two characters.
std::string unescaped(std::string_view text, char quote) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == quote || text[i + 1] == '\\'))
      ++i;
    out += text[i];
  }
  return out;
}

Lexer::Done Lexer::string(char quote) {
  const std::size_t begin = at_;
  for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
    if (text_[i] == '\\') {
      ++i;
    } else if (text_[i] == quote) {
      push(Token::Type::string, unescaped(text_.substr(begin + 1, i - begin - 1), quote), begin);
      at_ = i + 1;
      return base::Done{};
    } else if (quote == '"' && text_[i] == '#' && i + 1 < text_.size() && text_[i + 1] == '{') {
      return interpolated_string();
    }
  }
  return error(begin, fmt::format("the text is not closed: {} is missing", quote));
}

Lexer::Done Lexer::interpolated_string() {
  constexpr int kDepthMax = 20;
  const std::size_t begin = at_;
  if (++string_depth_ > kDepthMax) return error(begin, "texts are nested too deeply");
  push(Token::Type::concat_begin, "\"", begin);
  ++at_;
  std::size_t piece = at_;
  const auto flush = [&](std::size_t end) {
    if (end > piece)
      push(Token::Type::string, unescaped(text_.substr(piece, end - piece), '"'), piece);
  };
  while (at_ < text_.size()) {
    if (text_[at_] == '\\') {
      at_ += 2;
    } else if (text_[at_] == '"') {
      flush(at_);
      push(Token::Type::concat_end, "\"", at_);
      ++at_;
      --string_depth_;
      return base::Done{};
    } else if (at("#{")) {
      flush(at_);
      TRY(interpolation());
      piece = at_;
    } else {
      ++at_;
    }
  }
  return error(begin, "the text is not closed: \" is missing");
}

Lexer::Done Lexer::interpolation() {
  const std::size_t begin = at_;
  push(Token::Type::interpolation_begin, "#{", begin);
  at_ += 2;
  const std::size_t depth = brackets_.size();
  while (true) {
    skip_space();
    if (at_ >= text_.size()) return error(begin, "#{ is not closed: } is missing");
    if (text_[at_] == '}' && brackets_.size() == depth) {
      push(Token::Type::interpolation_end, "}", at_);
      ++at_;
      return base::Done{};
    }
    TRY(expression_token());
  }
}

}  // namespace

base::Result<std::vector<Token>> tokenize(std::string_view text) { return Lexer(text).run(); }

}  // namespace outlay::expr
