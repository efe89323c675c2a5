//! What the language takes for a name.
//!
//! These are the rules of Kubernetes as the reader of the language has them; a test holds the two together.

/// A DNS label (RFC 1123): namespaces, workloads, Services and service accounts in the language.
pub(crate) fn is_name(s: &str) -> bool {
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&s.len()) && s.bytes().all(legal) && !s.starts_with('-') && !s.ends_with('-')
}

/// A DNS subdomain (RFC 1123): names of policies.
pub(crate) fn is_object_name(s: &str) -> bool {
    s.len() <= 253 && s.split('.').all(is_name)
}

/// The name of a port (RFC 6335).
pub(crate) fn is_port_name(s: &str) -> bool {
    s.len() <= 15 && is_name(s) && s.bytes().any(|b| b.is_ascii_lowercase()) && !s.contains("--")
}

/// A key and value of a label.
pub(crate) fn is_label(key: &str, value: &str) -> bool {
    let key_is_legal = match key.split_once('/') {
        Some((prefix, name)) => is_object_name(prefix) && is_label_part(name),
        None => is_label_part(key),
    };
    key_is_legal && (value.is_empty() || is_label_part(value))
}

fn is_label_part(s: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    s.len() <= 63 && s.chars().all(legal) && edge(s.chars().next()) && edge(s.chars().next_back())
}

/// A name made of whatever text: a DNS label as near to it as can be, or `otherwise`.
pub(crate) fn name_of(text: &str, longest: usize, otherwise: &str) -> String {
    let mut name = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        let c = if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
        if name.len() < longest && !(c == '-' && (name.is_empty() || name.ends_with('-'))) {
            name.push(c);
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() { otherwise.to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use meshgen_spec::{LabelKey, LabelValue, Name, ObjectName, PortName};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_rules_are_those_of_the_reader(s in "[a-zA-Z0-9./_é-]{0,70}", value in "[aZ0._ é-]{0,66}") {
            prop_assert_eq!(is_name(&s), s.parse::<Name>().is_ok());
            prop_assert_eq!(is_object_name(&s), s.parse::<ObjectName>().is_ok());
            prop_assert_eq!(is_port_name(&s), s.parse::<PortName>().is_ok());
            let label = s.parse::<LabelKey>().is_ok() && value.parse::<LabelValue>().is_ok();
            prop_assert_eq!(is_label(&s, &value), label);
        }

        #[test]
        fn a_name_can_be_made_of_any_text(s in any::<String>()) {
            prop_assert!(is_name(&name_of(&s, 63, "project")));
        }
    }
}
