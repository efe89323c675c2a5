//! The selectors of Calico (C4).
//!
//! Source: `projectcalico/calico` `libcalico-go/lib/selector/tokenizer/tokenizer.go` and `parser/parser.go`.

mod token;

use std::collections::BTreeSet;

use super::{Match, Seen, Values, View};
use token::{Token, tokens};

/// How deep brackets may be nested. Calico has no limit; this one keeps the stack small.
const DEPTH: usize = 100;

/// A selector of Calico.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Expression {
    /// `all()`, or nothing.
    All,
    /// `global()`: what is in no namespace.
    Global,
    /// `==`, `!=`, `in`, `not in`, `has`: the key has one of these values.
    Among(String, Values),
    /// `contains`: the key's value has this inside.
    Contains(String, String),
    /// `starts with`.
    Starts(String, String),
    /// `ends with`.
    Ends(String, String),
    /// `!`
    Not(Box<Expression>),
    /// `&&`
    And(Vec<Expression>),
    /// `||`
    Or(Vec<Expression>),
}

/// What is wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadExpression {
    /// In words.
    pub message: String,
}

impl Expression {
    /// Reads an expression. An empty one is `all()`.
    pub fn parse(text: &str) -> Result<Expression, BadExpression> {
        let tokens = tokens(text)?;
        if tokens.is_empty() {
            return Ok(Expression::All);
        }
        let mut parser = Parser { tokens: tokens.into_iter().peekable(), depth: 0 };
        let expression = parser.alternatives()?;
        match parser.tokens.next() {
            None => Ok(expression),
            Some(extra) => Err(bad(format!("{extra} is not expected here"))),
        }
    }

    /// Whether an object is selected. `global()` selects none that has a namespace.
    pub fn selects(&self, object: &dyn View) -> Match {
        match self {
            Expression::All => Match::Yes,
            Expression::Global => Match::No,
            Expression::Among(key, values) => values.hold(object.seen(key)),
            Expression::Contains(key, part) => on_value(object.seen(key), |v| v.contains(part.as_str())),
            Expression::Starts(key, part) => on_value(object.seen(key), |v| v.starts_with(part.as_str())),
            Expression::Ends(key, part) => on_value(object.seen(key), |v| v.ends_with(part.as_str())),
            Expression::Not(inner) => inner.selects(object).negated(),
            Expression::And(all) => all.iter().fold(Match::Yes, |m, e| m.and(e.selects(object))),
            Expression::Or(any) => any.iter().fold(Match::No, |m, e| m.or(e.selects(object))),
        }
    }

    /// Whether `global()` is somewhere in it.
    pub fn is_global(&self) -> bool {
        match self {
            Expression::Global => true,
            Expression::Not(inner) => inner.is_global(),
            Expression::And(all) | Expression::Or(all) => all.iter().any(Expression::is_global),
            Expression::All
            | Expression::Among(..)
            | Expression::Contains(..)
            | Expression::Starts(..)
            | Expression::Ends(..) => false,
        }
    }
}

fn on_value(seen: Seen<'_>, test: impl Fn(&str) -> bool) -> Match {
    match seen {
        Seen::Absent => Match::No,
        Seen::Is(value) => test(value).into(),
        Seen::Anything => Match::May,
        Seen::Among(values) if values.inverted => Match::May,
        Seen::Among(values) => {
            let mut found: BTreeSet<Match> = values.listed.iter().map(|v| test(v).into()).collect();
            if values.absent {
                found.insert(Match::No);
            }
            match (found.first(), found.last()) {
                (Some(least), Some(most)) if least == most => *least,
                (None, _) => Match::No,
                _ => Match::May,
            }
        }
    }
}

fn bad(message: impl Into<String>) -> BadExpression {
    BadExpression { message: message.into() }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
}

type Parsed<T> = Result<T, BadExpression>;

impl Parser {
    fn alternatives(&mut self) -> Parsed<Expression> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(bad(format!("brackets are nested deeper than {DEPTH}")));
        }
        let first = self.conditions()?;
        let mut any = vec![first];
        while self.tokens.next_if_eq(&Token::Or).is_some() {
            any.push(self.conditions()?);
        }
        self.depth -= 1;
        Ok(single(any, Expression::Or))
    }

    fn conditions(&mut self) -> Parsed<Expression> {
        let mut all = vec![self.condition()?];
        while self.tokens.next_if_eq(&Token::And).is_some() {
            all.push(self.condition()?);
        }
        Ok(single(all, Expression::And))
    }

    fn condition(&mut self) -> Parsed<Expression> {
        let mut negated = false;
        while self.tokens.next_if_eq(&Token::Not).is_some() {
            negated = !negated;
        }
        let condition = match self.tokens.next() {
            Some(Token::All) => Expression::All,
            Some(Token::Global) => Expression::Global,
            Some(Token::Has(key)) => {
                Expression::Among(key, Values { absent: false, listed: BTreeSet::new(), inverted: true })
            }
            Some(Token::Label(key)) => self.comparison(key)?,
            Some(Token::Open) => {
                let inner = self.alternatives()?;
                match self.tokens.next() {
                    Some(Token::Close) => inner,
                    _ => return Err(bad("a closing `)` is missing")),
                }
            }
            Some(other) => return Err(bad(format!("{other} is not expected here"))),
            None => return Err(bad("it ends where a condition should follow")),
        };
        Ok(if negated { Expression::Not(Box::new(condition)) } else { condition })
    }

    fn comparison(&mut self, key: String) -> Parsed<Expression> {
        Ok(match self.tokens.next() {
            Some(Token::Equal) => Expression::Among(key, Values::only(&self.string()?)),
            // `!=` and `not in` select what has no such label.
            Some(Token::Unequal) => {
                let listed = BTreeSet::from([self.string()?]);
                Expression::Among(key, Values { absent: true, listed, inverted: true })
            }
            Some(Token::Contains) => Expression::Contains(key, self.string()?),
            Some(Token::Starts) => Expression::Starts(key, self.string()?),
            Some(Token::Ends) => Expression::Ends(key, self.string()?),
            Some(Token::In) => {
                Expression::Among(key, Values { absent: false, listed: self.set()?, inverted: false })
            }
            Some(Token::NotIn) => {
                Expression::Among(key, Values { absent: true, listed: self.set()?, inverted: true })
            }
            Some(other) => return Err(bad(format!("an operator should follow `{key}`, not {other}"))),
            None => return Err(bad(format!("an operator should follow `{key}`"))),
        })
    }

    fn string(&mut self) -> Parsed<String> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(text),
            Some(other) => Err(bad(format!("text in quotes should follow, not {other}"))),
            None => Err(bad("text in quotes should follow")),
        }
    }

    /// `{'a', 'b'}`; it may be empty and may end with a comma.
    fn set(&mut self) -> Parsed<BTreeSet<String>> {
        if self.tokens.next() != Some(Token::OpenSet) {
            return Err(bad("`{` should follow"));
        }
        let mut values = BTreeSet::new();
        while let Some(Token::Text(value)) = self.tokens.next_if(|t| matches!(t, Token::Text(_))) {
            values.insert(value);
            if self.tokens.next_if_eq(&Token::Comma).is_none() {
                break;
            }
        }
        match self.tokens.next() {
            Some(Token::CloseSet) => Ok(values),
            _ => Err(bad("a closing `}` is missing")),
        }
    }
}

fn single(mut all: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match (all.pop(), all.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            all.extend(last);
            join(all)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::select::Labels;

    /// Labels as `a=b c=d`.
    fn selects(selector: &str, labels: &str) -> Option<bool> {
        let labels: Labels = labels
            .split_whitespace()
            .filter_map(|l| l.split_once('='))
            .map(|(k, v)| (k.into(), v.into()))
            .collect();
        Some(Expression::parse(selector).ok()?.selects(&labels) == Match::Yes)
    }

    #[track_caller]
    fn check(selector: &str, labels: &str, expected: bool) {
        assert_eq!(selects(selector, labels), Some(expected), "{selector} on {labels}");
    }

    #[test]
    fn each_operator() {
        check("a == 'b'", "a=b", true);
        check("a != \"b\"", "", true);
        check("a in {'b', 'c',}", "a=c", true);
        check("a not in {'b'}", "", true);
        check("a notin { }", "a=b", true);
        check("a contains 'x'", "a=axb", true);
        check("a starts with 'x'", "a=ax", false);
        check("a endswith 'x'", "a=ax", true);
        check("has( a )", "a=", true);
        check("all()", "", true);
        check("", "", true);
        check("global()", "", false);
    }

    #[test]
    fn and_binds_stronger_than_or() {
        check("a == 'a' || b == 'b' && c == 'c'", "a=a", true);
        check("(a == 'a' || b == 'b') && c == 'c'", "a=a", false);
        check("!has(a) && !!has(b)", "b=b", true);
        check("!(has(a) && has(b))", "a=a", true);
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in
            ["a", "a ==", "a == b", "== 'a'", "a == 'b", "(a == 'b'", "a in 'b'", "a & b", "has(a) has(b)"]
        {
            assert_eq!(selects(text, ""), None, "{text}");
        }
        assert_eq!(selects(&"(".repeat(10_000), ""), None);
    }
}
