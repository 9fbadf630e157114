// SPDX-License-Identifier: Apache-2.0
#include <ostream>

#include "cli/commands.h"
#include "cli/session.h"
#include "format/json.h"
#include "io/file.h"

namespace outlay::cli {
namespace {

using base::Result;
using format::Value;

Result<Value> context_of(const Given& given) {
  if (!given.has("context")) return Value(format::Object());
  const std::string file = given.text("context");
  const std::string text = TRY(io::read_file(file));
  return format::parse_json(text, format::JsonNumbers::native, file);
}

// Whatever is wrong with a template is the answer "no"; a context that cannot be read is wrong use.
Result<int> render(Session& session, const Given& given) {
  format::Object request = request_of("expr.render", given);
  request.set("context", TRY(context_of(given)));
  const Result<Value> answer = session.call("expr.render", std::move(request));
  if (!answer) {
    session.err() << "outlay: " << answer.error().text() << "\n";
    return answer.error().code == base::Code::internal ? 3 : 1;
  }
  const Value& rendered = (*answer)["rendered"];
  if (session.wants_json())
    session.print_json(*answer);
  else if (given.has("typed"))
    session.out() << format::print_json(rendered);
  else
    session.out() << rendered.text_or("");
  return 0;
}

}  // namespace

std::vector<Command> expr_commands() {
  using Kind = Argument::Kind;
  return {
      {.words = "expr render",
       .summary = "Renders a template of the flow language and prints exactly the rendered text.",
       .details = "No line break is added. With --typed the value of a lone {{ expression }} is "
                  "printed as JSON. An error "
                  "goes to the standard error with exit status 1.",
       .arguments =
           {{.name = "template",
             .value_name = "TEMPLATE",
             .doc = "the template",
             .is_required = true},
            {.name = "context",
             .value_name = "FILE",
             .doc = "variables: a JSON file with an object"},
            {.name = "typed", .kind = Kind::flag, .doc = "print the native value as JSON"},
            {.name = "recursive", .kind = Kind::flag, .doc = "render again until nothing changes"}},
       .examples =
           {"outlay expr render --template 'Hello {{ inputs.name }}' --context context.json"},
       .run = &render},
  };
}

}  // namespace outlay::cli
