//! YAML that is a Go template: what helmfile reads as values, and what is in the `templates` of a chart.
//!
//! The value is written as any other, with marks where something is put in later. Then `{{` in what was
//! written is escaped, and the marks become actions. So nothing in a spec can become part of a template.

use std::fmt::Write;

use meshgen_bundle::{ChartTemplate, EnvPiece, Object, Only, Piece, Template, Value};
use meshgen_yaml::WriteError;

/// The text of a `.gotmpl` file that gives `value` when helmfile reads it.
///
/// Source: helmfile `pkg/tmpl/context_funcs.go` and sprig, for `env`, `requiredEnv`, `toJson`, `b64enc`, `fail`.
pub(crate) fn gotmpl(header: &str, value: &Value) -> Result<String, WriteError> {
    let templates = value.templates();
    let mark = mark(|mark| holds(value, mark));
    let mut number = 0;
    let marked = meshgen_yaml::to_string(&marked(value, &mark, &mut number))?;
    let actions: Vec<String> = templates.iter().map(|t| action(t)).collect();
    Ok(escaped(header) + &checks(&templates) + &with_actions(&marked, &mark, &actions))
}

/// The text of a file in the `templates` of a chart.
pub(crate) fn chart(header: &str, template: &ChartTemplate) -> Result<String, (String, WriteError)> {
    let mut text = escaped(header);
    let namespace = template.objects.first().and_then(|o| o.metadata().namespace.clone());
    let of_one = template.objects.iter().filter(|o| o.metadata().namespace == namespace);
    for (i, object) in of_one.enumerate() {
        let fail = |e| (object.id().to_string(), e);
        let plain = meshgen_yaml::to_string(object).map_err(fail)?;
        let mark = mark(|mark| plain.contains(mark));
        let marked = meshgen_yaml::to_string(&without_image(object, &template.image, &mark)).map_err(fail)?;
        if i > 0 {
            text.push_str("---\n");
        }
        text += &with_actions(&marked, &mark, &["{{ .Values.image | toJson }}".to_owned()]);
    }
    Ok(text)
}

/// The object for any namespace, with a mark in the place of its image.
fn without_image(object: &Object, image: &str, mark: &str) -> Object {
    let mut object = object.clone();
    // Helm puts it into the namespace of the release.
    object.metadata_mut().namespace = None;
    let containers = match &mut object {
        Object::Deployment(d) => {
            d.spec.as_mut().and_then(|s| s.template.spec.as_mut()).map(|p| &mut p.containers)
        }
        _ => None,
    };
    for container in containers.into_iter().flatten() {
        if container.image.as_deref() == Some(image) {
            container.image = Some(numbered(mark, 0));
        }
    }
    object
}

/// A word that is not in the text, and that YAML takes for text without quotes.
fn mark(is_taken: impl Fn(&str) -> bool) -> String {
    let mut mark = "meshgenputsin".to_owned();
    while is_taken(&mark) {
        mark.push('z');
    }
    mark
}

fn numbered(mark: &str, number: usize) -> String {
    format!("{mark}{number}x")
}

fn holds(value: &Value, mark: &str) -> bool {
    match value {
        Value::Text(text) => text.contains(mark),
        Value::List(items) => items.iter().any(|v| holds(v, mark)),
        Value::Map(entries) => entries.iter().any(|(k, v)| k.contains(mark) || holds(v, mark)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Template(_) => false,
    }
}

/// The value with a mark in the place of each template, numbered in the order of [`Value::templates`].
fn marked(value: &Value, mark: &str, number: &mut usize) -> Value {
    match value {
        Value::Template(_) => {
            let text = numbered(mark, *number);
            *number += 1;
            Value::Text(text)
        }
        Value::List(items) => Value::List(items.iter().map(|v| marked(v, mark, number)).collect()),
        Value::Map(entries) => {
            Value::Map(entries.iter().map(|(k, v)| (k.clone(), marked(v, mark, number))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Text(_) => value.clone(),
    }
}

/// The text, escaped, with an action in the place of each mark.
fn with_actions(text: &str, mark: &str, actions: &[String]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut pieces = text.split(mark);
    out += &escaped(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (number, rest) = piece.split_once('x').unwrap_or((piece, ""));
        out += number.parse().ok().and_then(|n: usize| actions.get(n)).map_or("", String::as_str);
        out += &escaped(rest);
    }
    out
}

/// Text that the template gives as it is. Source: <https://pkg.go.dev/text/template>: only `{{` begins an action.
fn escaped(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

/// The action that gives a template's text as a JSON string, which is a YAML string as well.
fn action(template: &Template) -> String {
    let encoded = if template.base64 { " | b64enc" } else { "" };
    match template.pieces.as_slice() {
        [Piece::Env(env)] if !env.quoted => {
            format!("{{{{ {}{encoded} | toJson }}}}", variable(env))
        }
        pieces => {
            let mut format = String::new();
            let mut arguments = String::new();
            for piece in pieces {
                match piece {
                    Piece::Text(text) => format += &text.replace('%', "%%"),
                    Piece::Env(env) => {
                        format += "%s";
                        let quoted = if env.quoted { " | toJson" } else { "" };
                        arguments.extend([" (", &variable(env), quoted, ")"]);
                    }
                }
            }
            format!("{{{{ printf {}{arguments}{encoded} | toJson }}}}", go_string(&format))
        }
    }
}

fn variable(env: &EnvPiece) -> String {
    match &env.default {
        // An empty variable is an unset one, as with `${NAME:-default}` in a shell.
        Some(default) => format!("env {} | default {}", go_string(&env.name), go_string(default)),
        None => format!("requiredEnv {}", go_string(&env.name)),
    }
}

/// What must hold of the environment, asked first.
fn checks(templates: &[&Template]) -> String {
    let mut out = String::new();
    let mut seen = Vec::new();
    for piece in templates.iter().flat_map(|t| &t.pieces) {
        let Piece::Env(EnvPiece { name, only: Only::Addresses, .. }) = piece else { continue };
        if seen.contains(&name) {
            continue;
        }
        seen.push(name);
        let message =
            format!("{name} may hold addresses, blocks, ranges and host names only, with commas between");
        out.extend([
            "{{- if not (regexMatch \"^[0-9A-Za-z.:,/_-]*$\" (env ",
            &go_string(name),
            ")) }}{{ fail ",
            &go_string(&message),
            " }}{{ end }}\n",
        ]);
    }
    out
}

/// A string literal of Go.
fn go_string(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            ' '..='~' => out.push(c),
            _ => {
                let code = u32::from(c);
                // Writing to a String cannot fail.
                let _ =
                    if code > 0xffff { write!(out, "\\U{code:08x}") } else { write!(out, "\\u{code:04x}") };
            }
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> EnvPiece {
        EnvPiece { name: name.to_owned(), default: None, only: Only::Anything, quoted: false }
    }

    fn shown(value: Value) -> String {
        gotmpl("# {{ project }}\n", &Value::map([("a", value)])).unwrap()
    }

    #[test]
    fn a_variable_becomes_a_json_string() {
        insta::assert_snapshot!(shown(Value::env(env("X"))), @r##"
        # {{ "{{" }} project }}
        a: {{ requiredEnv "X" | toJson }}
        "##);
    }

    #[test]
    fn a_default_stands_for_a_variable_that_is_not_set() {
        let piece = EnvPiece { default: Some("a\"b\n".to_owned()), ..env("X") };
        insta::assert_snapshot!(shown(Value::env(piece)), @r##"
        # {{ "{{" }} project }}
        a: {{ env "X" | default "a\"b\n" | toJson }}
        "##);
    }

    #[test]
    fn text_around_a_variable_is_quoted_twice_where_it_is_yaml_again() {
        let piece = EnvPiece { quoted: true, only: Only::Addresses, ..env("X") };
        let pieces = vec![Piece::Text("100%: \"x\"\n".to_owned()), Piece::Env(piece)];
        insta::assert_snapshot!(shown(Value::Template(Template { pieces, base64: false })), @r##"
        # {{ "{{" }} project }}
        {{- if not (regexMatch "^[0-9A-Za-z.:,/_-]*$" (env "X")) }}{{ fail "X may hold addresses, blocks, ranges and host names only, with commas between" }}{{ end }}
        a: {{ printf "100%%: \"x\"\n%s" (requiredEnv "X" | toJson) | toJson }}
        "##);
    }

    #[test]
    fn text_of_a_spec_cannot_become_an_action() {
        let text = "{{{ env \"HOME\" }} meshgenputsin0x $(x) {{- end }}";
        let value = Value::List(vec![Value::text(text), Value::env(env("X"))]);
        insta::assert_snapshot!(shown(value), @r##"
        # {{ "{{" }} project }}
        a:
        - "{{ "{{" }}{ env \"HOME\" }} meshgenputsin0x $(x) {{ "{{" }}- end }}"
        - {{ requiredEnv "X" | toJson }}
        "##);
    }
}
