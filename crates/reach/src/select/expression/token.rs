//! The words of an [`Expression`](super::Expression).

use std::fmt;

use super::{BadExpression, bad};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    All,
    Global,
    Has(String),
    Label(String),
    Text(String),
    Equal,
    Unequal,
    In,
    NotIn,
    Contains,
    Starts,
    Ends,
    Not,
    And,
    Or,
    Open,
    Close,
    OpenSet,
    CloseSet,
    Comma,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Has(key) => write!(f, "`has({key})`"),
            Token::Label(text) => write!(f, "`{text}`"),
            Token::Text(text) => write!(f, "`\"{text}\"`"),
            other => write!(f, "`{}`", other.text()),
        }
    }
}

impl Token {
    fn text(&self) -> &'static str {
        match self {
            Token::All => "all()",
            Token::Global => "global()",
            Token::Has(_) => "has",
            Token::Label(_) | Token::Text(_) => "",
            Token::Equal => "==",
            Token::Unequal => "!=",
            Token::In => "in",
            Token::NotIn => "not in",
            Token::Contains => "contains",
            Token::Starts => "starts with",
            Token::Ends => "ends with",
            Token::Not => "!",
            Token::And => "&&",
            Token::Or => "||",
            Token::Open => "(",
            Token::Close => ")",
            Token::OpenSet => "{",
            Token::CloseSet => "}",
            Token::Comma => ",",
        }
    }
}

const BLANK: [char; 2] = [' ', '\t'];
/// The longest key of a label that Calico takes.
const LONGEST: usize = 512;

/// The words of a text. Text in quotes knows no escapes.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, BadExpression> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.trim_start_matches(BLANK);
    while let Some(first) = rest.chars().next() {
        let after_label = matches!(tokens.last(), Some(Token::Label(_)));
        let (token, after) = match first {
            '"' | '\'' => quoted(rest, first)?,
            _ => symbol(rest)
                .or_else(|| if after_label { operator(rest) } else { word(rest) })
                .ok_or_else(|| bad(format!("`{rest}` is not understood")))?,
        };
        tokens.push(token);
        rest = after.trim_start_matches(BLANK);
    }
    Ok(tokens)
}

fn quoted(rest: &str, quote: char) -> Result<(Token, &str), BadExpression> {
    let inside = rest.get(1..).unwrap_or_default();
    let (text, after) =
        inside.split_once(quote).ok_or_else(|| bad(format!("the closing {quote} is missing")))?;
    Ok((Token::Text(text.to_owned()), after))
}

fn symbol(rest: &str) -> Option<(Token, &str)> {
    let symbols = [
        Token::Equal,
        Token::Unequal,
        Token::And,
        Token::Or,
        Token::Not,
        Token::Open,
        Token::Close,
        Token::OpenSet,
        Token::CloseSet,
        Token::Comma,
    ];
    symbols.into_iter().find_map(|t| rest.strip_prefix(t.text()).map(|after| (t, after)))
}

/// What may follow a label: `in`, `not in`, `contains`, `starts with`, `ends with`; blanks inside are free.
fn operator(rest: &str) -> Option<(Token, &str)> {
    let operators = [
        (Token::Contains, "contains", ""),
        (Token::Starts, "starts", "with"),
        (Token::Ends, "ends", "with"),
        (Token::NotIn, "not", "in"),
        (Token::In, "in", ""),
    ];
    operators.into_iter().find_map(|(token, first, second)| {
        let after = rest.strip_prefix(first)?;
        let after = if second.is_empty() { after } else { blanks(after).strip_prefix(second)? };
        let ends = !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        ends.then_some((token, after))
    })
}

fn word(rest: &str) -> Option<(Token, &str)> {
    call(rest, "has")
        .and_then(|inside| {
            let (key, after) = key(inside)?;
            Some((Token::Has(key.to_owned()), blanks(after).strip_prefix(')')?))
        })
        .or_else(|| Some((Token::All, call(rest, "all")?.strip_prefix(')')?)))
        .or_else(|| Some((Token::Global, call(rest, "global")?.strip_prefix(')')?)))
        .or_else(|| key(rest).map(|(key, after)| (Token::Label(key.to_owned()), after)))
}

fn call<'a>(rest: &'a str, name: &str) -> Option<&'a str> {
    rest.strip_prefix(name)?.strip_prefix('(').map(blanks)
}

fn key(rest: &str) -> Option<(&str, &str)> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
    (1..=LONGEST).contains(&end).then(|| rest.split_at(end))
}

/// Inside of a word any white space counts as blank (`\s` in Calico's patterns).
fn blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}'])
}
