//! The template engine, as strict as it gets: a name that is missing is an error.
//!
//! Nothing is escaped by itself; a value that is not of a safe alphabet passes through `sh` or `md`.

use std::borrow::Cow;

use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, syntax::SyntaxConfig};

/// An engine without templates of its own.
pub(crate) fn engine() -> Result<Environment<'static>, Error> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    // A line with nothing but a tag gives nothing; every other line gives itself.
    engine.set_syntax(
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()?,
    );
    engine.add_filter("length", minijinja::filters::length);
    engine.add_filter("join", minijinja::filters::join);
    engine.add_filter("reverse", minijinja::filters::reverse);
    engine.add_filter("sh", sh);
    engine.add_filter("md", md);
    Ok(engine)
}

/// A word of a POSIX shell that means just this text. Nothing at all is an empty word.
///
/// Source: POSIX.1-2024, Shell Command Language, 2.2.2: between single quotes every character is itself, and a
/// single quote cannot be there.
fn sh(value: &Value) -> Result<String, Error> {
    let text = text(value)?;
    if text.contains('\0') {
        return Err(Error::new(ErrorKind::InvalidOperation, "a NUL cannot be in a word of a shell"));
    }
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

/// Prose of Markdown that reads as just this text. Source: `CommonMark` 0.31, 2.4: a backslash before any
/// ASCII punctuation makes it an ordinary character; that holds in the cells of a table too. Of the rest, none means anything
/// within a line.
fn md(value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    for c in text(value)?.chars() {
        if r"\`*_[]<>|&~$!:@#".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    Ok(out)
}

fn text(value: &Value) -> Result<Cow<'_, str>, Error> {
    if value.is_none() {
        Ok(Cow::Borrowed(""))
    } else if let Some(text) = value.as_str() {
        Ok(Cow::Borrowed(text))
    } else if value.is_number() {
        Ok(Cow::Owned(value.to_string()))
    } else {
        Err(Error::new(ErrorKind::InvalidOperation, format!("`{value}` is no text")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_shell_is_quoted_whatever_is_in_it() {
        let word = |s: &str| sh(&Value::from(s)).unwrap();
        assert_eq!(word("a b"), "'a b'");
        assert_eq!(word("it's $(x) `y` \\"), r"'it'\''s $(x) `y` \'");
        assert_eq!(sh(&Value::from(())).unwrap(), "''");
        assert_eq!(sh(&Value::from(3)).unwrap(), "'3'");
    }

    #[test]
    fn what_is_no_text_is_no_word() {
        assert!(sh(&Value::from("a\0b")).is_err());
        assert!(sh(&Value::UNDEFINED).is_err());
        assert!(sh(&Value::from(vec!["a"])).is_err());
        assert!(sh(&Value::from(true)).is_err());
    }

    #[test]
    fn prose_is_not_read_as_markdown() {
        assert_eq!(md(&Value::from("a | <b> *c*")).unwrap(), r"a \| \<b\> \*c\*");
    }

    #[test]
    fn a_missing_name_is_an_error() {
        let render = |t| engine().unwrap().render_str(t, minijinja::context! { a => "x" });
        assert_eq!(render("{{ a }}\n").unwrap(), "x\n");
        assert!(render("{{ b }}").is_err());
        assert!(render("{{ a.b }}").is_err());
        assert!(render("{% if b %}{% endif %}").is_err());
    }
}
