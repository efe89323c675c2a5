//! Selectors of Calico, in words.

use meshgen::reach::{Expression, Values};

/// A text that is read as the same expression.
pub fn words(expression: &Expression) -> String {
    match expression {
        Expression::All => "all()".to_owned(),
        Expression::Global => "global()".to_owned(),
        Expression::Among(key, values) => among(key, values),
        Expression::Contains(key, part) => format!("{key} contains {}", quoted(part)),
        Expression::Starts(key, part) => format!("{key} starts with {}", quoted(part)),
        Expression::Ends(key, part) => format!("{key} ends with {}", quoted(part)),
        Expression::Not(inner) => format!("!{}", operand(inner)),
        Expression::And(all) => all.iter().map(operand).collect::<Vec<_>>().join(" && "),
        Expression::Or(any) => any.iter().map(operand).collect::<Vec<_>>().join(" || "),
    }
}

fn among(key: &str, values: &Values) -> String {
    let listed: Vec<String> = values.listed.iter().map(|value| quoted(value)).collect();
    match (values.absent, values.inverted) {
        (false, true) => format!("has({key})"),
        (false, false) => format!("{key} in {{{}}}", listed.join(", ")),
        (true, _) => format!("{key} not in {{{}}}", listed.join(", ")),
    }
}

/// In brackets where it would mean something else without.
fn operand(expression: &Expression) -> String {
    match expression {
        Expression::Not(_) | Expression::And(_) | Expression::Or(_) => format!("({})", words(expression)),
        _ => words(expression),
    }
}

/// No text holds both kinds of quotes: there are no escapes.
fn quoted(text: &str) -> String {
    let quote = if text.contains('"') { '\'' } else { '"' };
    format!("{quote}{text}{quote}")
}
