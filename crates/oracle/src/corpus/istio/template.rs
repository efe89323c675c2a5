//! The templates of Istio's tests, as far as they use Go's template language: values, and `if`.

/// The text of a template. `value` gives what an expression stands for.
///
/// Fails on what is not understood.
pub(super) fn render(template: &str, value: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut left = template;
    // For each `if` that is open, whether its part is written.
    let mut open: Vec<bool> = Vec::new();
    while let Some((before, rest)) = left.split_once("{{") {
        let (action, after) = rest.split_once("}}").ok_or("`{{` is not closed")?;
        let (trims, action) = action.strip_prefix("- ").map_or((false, action), |a| (true, a));
        let (eats, action) = action.strip_suffix(" -").map_or((false, action), |a| (true, a));
        let written = |open: &[bool]| open.iter().all(|yes| *yes);
        if written(&open) {
            out.push_str(if trims { before.trim_end() } else { before });
        }
        let action = action.trim();
        let given = |expression: &str| {
            value(expression.trim()).ok_or_else(|| format!("`{expression}` has no value that is known here"))
        };
        if let Some(condition) = action.strip_prefix("if ") {
            open.push(holds(condition.trim(), &given)?);
        } else if action == "else" {
            let last = open.last_mut().ok_or("`else` without `if`")?;
            *last = !*last;
        } else if action == "end" {
            open.pop().ok_or("`end` without `if`")?;
        } else if written(&open) {
            out.push_str(&given(action)?);
        }
        left = if eats { after.trim_start() } else { after };
    }
    if !open.is_empty() {
        return Err("`if` without `end`".to_owned());
    }
    out.push_str(left);
    Ok(out)
}

/// `.X`, `eq .X "text"`, `ne .X "text"`.
fn holds(condition: &str, given: &dyn Fn(&str) -> Result<String, String>) -> Result<bool, String> {
    let words: Vec<&str> = condition.split_whitespace().collect();
    match words.as_slice() {
        ["eq", left, right] => Ok(given(left)? == right.trim_matches('"')),
        ["ne", left, right] => Ok(given(left)? != right.trim_matches('"')),
        [one] => Ok(!given(one)?.is_empty()),
        _ => Err(format!("`if {condition}` is not understood")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(template: &str) -> Result<String, String> {
        render(template, &|e| match e {
            ".A" => Some("a".to_owned()),
            ".None" => Some(String::new()),
            _ => None,
        })
    }

    #[test]
    fn values_and_conditions_are_filled_in() {
        assert_eq!(rendered("x: {{ .A }}\n").unwrap(), "x: a\n");
        assert_eq!(rendered("x:\n{{- if ne .None \"\" }}\n  y\n{{- end }}\nz").unwrap(), "x:\nz");
        assert_eq!(rendered("{{ if .A }}1{{ else }}2{{ end }}").unwrap(), "1");
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert!(rendered("{{ .B }}").is_err());
        assert!(rendered("{{ range .A }}{{ end }}").is_err());
        assert!(rendered("{{ if .A }}").is_err());
    }
}
