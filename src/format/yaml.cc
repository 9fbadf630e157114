// SPDX-License-Identifier: Apache-2.0
#include "format/yaml.h"

#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <libfyaml.h>

#include "base/text.h"

namespace outlay::format {
namespace {

constexpr int kDepthMax = 60;
/// Nodes that aliases may add in all; a few lines of nested aliases can otherwise ask for billions.
constexpr std::size_t kAliasNodesMax = 100'000;

struct ParserDeleter {
  void operator()(fy_parser* parser) const { fy_parser_destroy(parser); }
};

struct DiagDeleter {
  void operator()(fy_diag* diag) const { fy_diag_destroy(diag); }
};

struct EventDeleter {
  fy_parser* parser;

  void operator()(fy_event* event) const { fy_parser_event_free(parser, event); }
};

std::string token_text(fy_token* token) {
  if (token == nullptr) return {};
  std::size_t length = 0;
  const char* text = fy_token_get_text(token, &length);
  return text == nullptr ? std::string() : std::string(text, length);
}

std::size_t node_count(const Node& node) {  // NOLINT(misc-no-recursion): bounded by kDepthMax
  std::size_t count = 1;
  for (const Node& item : node.items) count += node_count(item);
  for (const Node::Entry& entry : node.entries) count += node_count(entry.value);
  return count;
}

bool is_null_text(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

/// Turns the parser's events into Nodes. Duplicate keys are gathered, everything else ends the
/// reading.
class Reader {
 public:
  /// Line breaks become "\n" first, as YAML says; libfyaml 0.7 folds "\r" inside quotes into stray
  /// bytes.
  Reader(std::string_view text, std::string_view file)
      : text_(base::replace_all(base::replace_all(text, "\r\n", "\n"), "\r", "\n")), file_(file) {}

  base::Result<std::vector<Node>> read() {
    TRY(check_bytes());
    TRY(open());
    std::vector<Node> documents;
    while (TRY(next())) {
      const fy_event_type type = event_->type;
      if (type == FYET_STREAM_START || type == FYET_STREAM_END || type == FYET_DOCUMENT_END)
        continue;
      if (type == FYET_DOCUMENT_START) {
        anchors_.clear();
        TRY(expect_next());
      }
      if (event_->type == FYET_DOCUMENT_END) continue;
      documents.push_back(TRY(node(0)));
    }
    if (!problems_.empty()) return base::join_errors(problems_);
    return documents;
  }

 private:
  base::Result<base::Done> check_bytes() const {
    if (!base::is_utf8(text_))
      return base::invalid_input(
          "this is no UTF-8 text; save the file as UTF-8", {std::string(file_), 0, 0, 0});
    long line = 1;
    for (const char c : text_) {
      if (c == '\n') ++line;
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') {
        return base::invalid_input(
            fmt::format("control character U+{:04X} is not allowed in YAML; remove it", byte),
            {std::string(file_), line, 0, 0});
      }
    }
    return base::Done{};
  }

  base::Result<base::Done> open() {
    fy_diag_cfg settings;
    fy_diag_cfg_default(&settings);
    settings.fp = nullptr;
    settings.output_fn = [](fy_diag*, void*, const char*, std::size_t) {};
    diag_.reset(fy_diag_create(&settings));
    if (diag_ == nullptr) return base::internal_error("no memory for the YAML parser");
    fy_diag_set_collect_errors(diag_.get(), true);
    fy_parse_cfg config{};
    config.flags = static_cast<fy_parse_cfg_flags>(
        FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE | FYPCF_SLOPPY_FLOW_INDENTATION);
    config.diag = diag_.get();
    parser_.reset(fy_parser_create(&config));
    if (parser_ == nullptr ||
        fy_parser_set_string(parser_.get(), text_.data(), text_.size()) != 0) {
      return base::internal_error("the YAML parser could not be started");
    }
    return base::Done{};
  }

  /// Moves to the next event; false at the end of the stream.
  base::Result<bool> next() {
    event_ = Event(fy_parser_parse(parser_.get()), EventDeleter{parser_.get()});
    if (event_ != nullptr) return true;
    if (fy_diag_got_error(diag_.get())) return parser_error();
    return false;
  }

  base::Result<base::Done> expect_next() {
    if (TRY(next())) return base::Done{};
    return base::invalid_input("the YAML text ends too early", {std::string(file_), 0, 0, 0});
  }

  base::Error parser_error() const {
    void* position = nullptr;
    const fy_diag_error* first = fy_diag_errors_iterate(diag_.get(), &position);
    if (first == nullptr || first->msg == nullptr) {
      return base::invalid_input("invalid YAML", {std::string(file_), 0, 0, 0});
    }
    const base::Place where{
        std::string(file_), std::max(first->line, 0) + 0L, std::max(first->column, 0) + 0L, 0};
    std::string message = fmt::format("invalid YAML: {}", base::trim(first->msg));
    const std::string_view line = source_line(where.line);
    if (const std::string_view shown = base::trim(line); !shown.empty()) {
      message += fmt::format(", in: {}", shown.substr(0, 80));
    }
    if (const std::size_t start = line.find_first_not_of(' ');
        start != std::string_view::npos && line[start] == '\t') {
      message += "; indent with spaces, not tabs";
    }
    return base::invalid_input(std::move(message), where);
  }

  std::string_view source_line(long line) const {
    std::string_view rest(text_);
    for (long i = 1; i < line; ++i) {
      const std::size_t end = rest.find('\n');
      if (end == std::string_view::npos) return {};
      rest.remove_prefix(end + 1);
    }
    return rest.substr(0, rest.find('\n'));
  }

  base::Place here() const {
    const fy_mark* mark = fy_event_start_mark(event_.get());
    base::Place place{std::string(file_), 0, 0, 0};
    if (mark != nullptr) {
      place.line = mark->line + 1L;
      place.column = mark->column + 1L;
    }
    return place;
  }

  /// The node that begins with the current event; ends at its last event.
  base::Result<Node> node(int depth) {  // NOLINT(misc-no-recursion): bounded by kDepthMax
    if (depth > kDepthMax) {
      return base::invalid_input(fmt::format("nested deeper than {} levels", kDepthMax), here());
    }
    if (event_->type == FYET_ALIAS) return alias();
    const std::string anchor = token_text(fy_event_get_anchor_token(event_.get()));
    if (!anchor.empty()) anchors_[anchor] = std::nullopt;
    Node out;
    if (event_->type == FYET_SCALAR) {
      TRY(check_folding());
      out = scalar();
    } else if (event_->type == FYET_SEQUENCE_START) {
      out = TRY(sequence(depth));
    } else if (event_->type == FYET_MAPPING_START) {
      out = TRY(mapping(depth));
    } else {
      return base::invalid_input("a value was expected here", here());
    }
    if (!anchor.empty()) anchors_[anchor] = out;
    return out;
  }

  /// libfyaml 0.7 adds stray bytes to a quoted text with an escaped space or tab at the end of a
  /// line.
  base::Result<base::Done> check_folding() const {
    fy_token* token = fy_event_get_token(event_.get());
    if (token == nullptr || fy_token_scalar_style(token) != FYSS_DOUBLE_QUOTED) {
      return base::Done{};
    }
    const fy_mark* from = fy_event_start_mark(event_.get());
    const fy_mark* to = fy_event_end_mark(event_.get());
    const std::string_view raw =
        std::string_view(text_).substr(from->input_pos, to->input_pos - from->input_pos);
    for (std::size_t end = raw.find('\n'); end != std::string_view::npos;
         end = raw.find('\n', end + 1)) {
      const std::size_t last = raw.find_last_not_of(" \t", end - 1);
      if (last + 1 < end && last != std::string_view::npos && raw[last] == '\\') {
        return base::invalid_input(
            "an escaped space at the end of a line of quoted text is not supported; write \\x20",
            here());
      }
    }
    return base::Done{};
  }

  Node scalar() const {
    Node out;
    out.place = here();
    fy_token* token = fy_event_get_token(event_.get());
    out.text = token_text(token);
    out.is_quoted = token != nullptr && fy_token_scalar_style(token) != FYSS_PLAIN;
    fy_token* tag = fy_event_get_tag_token(event_.get());
    if (tag != nullptr && base::trim(token_text(tag)).ends_with("str")) out.is_quoted = true;
    out.kind = !out.is_quoted && is_null_text(out.text) ? Node::Kind::null : Node::Kind::scalar;
    return out;
  }

  base::Result<Node> alias() {
    const std::string name = token_text(fy_event_get_token(event_.get()));
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) {
      std::vector<std::string> known;
      for (const auto& [anchor, node] : anchors_) known.push_back(anchor);
      return base::invalid_input(
          fmt::format(
              "alias *{0} names no anchor; write &{0} at the value it means.{1}",
              name,
              base::did_you_mean(name, known)),
          here());
    }
    if (!found->second) {
      return base::invalid_input(
          fmt::format("alias *{} stands inside the value it names", name), here());
    }
    alias_nodes_ += node_count(*found->second);
    if (alias_nodes_ > kAliasNodesMax) {
      return base::invalid_input(
          fmt::format("aliases add more than {} values", base::with_thousands(kAliasNodesMax)),
          here());
    }
    return *found->second;
  }

  base::Result<Node> sequence(int depth) {  // NOLINT(misc-no-recursion): bounded by kDepthMax
    Node out;
    out.kind = Node::Kind::sequence;
    out.place = here();
    for (TRY(expect_next()); event_->type != FYET_SEQUENCE_END; TRY(expect_next())) {
      out.items.push_back(TRY(node(depth + 1)));
    }
    return out;
  }

  base::Result<Node> mapping(int depth) {  // NOLINT(misc-no-recursion): bounded by kDepthMax
    Node out;
    out.kind = Node::Kind::mapping;
    out.place = here();
    std::vector<Node> merged;
    std::map<std::string, long, std::less<>> lines;
    for (TRY(expect_next()); event_->type != FYET_MAPPING_END; TRY(expect_next())) {
      const Node key = TRY(this->key(depth));
      TRY(expect_next());
      Node value = TRY(node(depth + 1));
      if (key.text == "<<" && !key.is_quoted) {
        TRY(gather_merge(std::move(value), merged));
        continue;
      }
      const auto [first, is_new] = lines.try_emplace(key.text, key.place.line);
      if (!is_new) {
        problems_.push_back(base::invalid_input(
            fmt::format(
                "the key \"{}\" stands twice in this map; the first is on line {}. Remove or "
                "rename one.",
                key.text,
                first->second),
            key.place));
        continue;
      }
      out.entries.push_back({key.text, key.place, std::move(value)});
    }
    add_merged(out, merged);
    return out;
  }

  base::Result<Node> key(int depth) {  // NOLINT(misc-no-recursion): bounded by kDepthMax
    if (event_->type == FYET_MAPPING_START) {
      return base::invalid_input(
          "a value that begins with {{ must stand in quotes: \"{{ ... }}\"", here());
    }
    Node key = TRY(node(depth + 1));
    if (key.kind == Node::Kind::scalar || key.kind == Node::Kind::null) return key;
    return base::invalid_input("a key must be text, not a list or a map", key.place);
  }

  static base::Result<base::Done> gather_merge(Node value, std::vector<Node>& merged) {
    if (value.is_mapping()) {
      merged.push_back(std::move(value));
      return base::Done{};
    }
    for (Node& item : value.items) {
      if (!item.is_mapping())
        return base::invalid_input("<< takes a map or a list of maps", item.place);
      merged.push_back(std::move(item));
    }
    if (!value.is_sequence())
      return base::invalid_input("<< takes a map or a list of maps", value.place);
    return base::Done{};
  }

  static void add_merged(Node& out, std::vector<Node>& merged) {
    if (merged.empty()) return;
    std::set<std::string> known;
    for (const Node::Entry& entry : out.entries) known.insert(entry.key);
    for (Node& source : merged) {
      for (Node::Entry& entry : source.entries) {
        if (known.insert(entry.key).second) out.entries.push_back(std::move(entry));
      }
    }
  }

  using Event = std::unique_ptr<fy_event, EventDeleter>;

  std::string text_;
  std::string_view file_;
  std::unique_ptr<fy_diag, DiagDeleter> diag_;
  std::unique_ptr<fy_parser, ParserDeleter> parser_;
  Event event_{nullptr, EventDeleter{nullptr}};
  /// Nothing while the anchored value is still being read.
  std::map<std::string, std::optional<Node>> anchors_;
  std::size_t alias_nodes_ = 0;
  std::vector<base::Error> problems_;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Digits at the front of `text`; they are taken off.
std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

std::optional<Value> based_integer(std::string_view text) {
  const int base = text.starts_with("0x") ? 16 : text.starts_with("0o") ? 8 : 0;
  if (base == 0 || text.size() < 3) return std::nullopt;
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + 2, end, number, base);
  if (read.ec != std::errc() || read.ptr != end || text[2] == '-') return std::nullopt;
  return Value(number);
}

std::optional<Value> number(std::string_view text) {
  if (auto based = based_integer(text)) return based;
  std::string_view rest = text;
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  if (base::equal_ignoring_case(rest, ".inf")) {
    const double infinity = std::numeric_limits<double>::infinity();
    return Value(text.starts_with('-') ? -infinity : infinity);
  }
  if (base::equal_ignoring_case(text, ".nan"))
    return Value(std::numeric_limits<double>::quiet_NaN());
  const std::string_view whole = take_digits(rest);
  // An account number such as 012345678901 must keep its zero.
  if (whole.size() > 1 && whole.front() == '0') return std::nullopt;
  const std::string plain(text.starts_with('+') ? text.substr(1) : text);
  if (rest.empty() && !whole.empty()) {
    std::int64_t integer = 0;
    const auto read = std::from_chars(plain.data(), plain.data() + plain.size(), integer);
    return read.ec == std::errc() ? Value(integer) : Value(Number{plain});
  }
  std::string_view fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
  }
  if (whole.empty() && fraction.empty()) return std::nullopt;
  if (rest.starts_with('e') || rest.starts_with('E')) {
    rest.remove_prefix(1);
    if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
    if (take_digits(rest).empty()) return std::nullopt;
  }
  if (!rest.empty()) return std::nullopt;
  return Value(std::strtod(plain.c_str(), nullptr));
}

Value scalar_value(std::string_view text) {
  if (is_null_text(text)) return {};
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  if (auto found = number(text)) return *found;
  return text;
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Value Node::value() const {  // NOLINT(misc-no-recursion): as deep as the reader allowed
  switch (kind) {
    case Kind::null:
      return {};
    case Kind::scalar:
      return is_quoted ? Value(text) : scalar_value(text);
    case Kind::sequence: {
      Array out;
      out.reserve(items.size());
      for (const Node& item : items) out.push_back(item.value());
      return out;
    }
    case Kind::mapping: {
      std::vector<Object::Entry> out;
      out.reserve(entries.size());
      for (const Entry& entry : entries) out.emplace_back(entry.key, entry.value.value());
      return Object::from_entries(std::move(out));
    }
  }
  return {};
}

base::Result<std::vector<Node>> parse_yaml_stream(std::string_view text, std::string_view file) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return Reader(text, file).read();
}

base::Result<Node> parse_yaml(std::string_view text, std::string_view file) {
  std::vector<Node> documents = TRY(parse_yaml_stream(text, file));
  if (documents.empty()) {
    Node nothing;
    nothing.place = {std::string(file), 1, 1, 0};
    return nothing;
  }
  if (documents.size() > 1) {
    return base::invalid_input(
        fmt::format(
            "one YAML document was expected, {} stand here separated by \"---\"", documents.size()),
        documents[1].place);
  }
  return std::move(documents.front());
}

}  // namespace outlay::format
