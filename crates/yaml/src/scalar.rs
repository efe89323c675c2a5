//! What plain text, written without quotes, means to the readers of YAML.
//!
//! Three rule sets are in use and they disagree: YAML 1.1 (Python, Ruby), YAML 1.2 (most that is new), and
//! Go's own mixture (kubectl, helm and istioctl over yaml.v2; kustomize and helmfile over yaml.v3). Text is
//! text only where all of them say so. Doubt costs a pair of quotes; a mistake costs a failed apply, or a
//! `NO` that becomes `false`.

/// What kubectl makes of a plain scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Typed {
    /// Nothing.
    Null,
    /// A boolean, also for `yes` and `off`.
    Bool(bool),
    /// A whole number, also where it was written as `1e3` or `1.0`: JSON, on the way, knows one kind of number.
    Int(i128),
    /// Any other number. Infinity and not-a-number are here too; kubectl refuses the document.
    Float(f64),
    /// Text, exactly as it was written.
    Text,
}

/// The value of a whole number in the one form that every reader agrees on: `-?(0|[1-9][0-9]*)`.
///
/// Source: the intersection of `tag:yaml.org,2002:int` and the core schema of YAML 1.2, §10.3.2.
pub fn integer(text: &str) -> Option<i128> {
    if whole(text.strip_prefix('-').unwrap_or(text)) { text.parse().ok() } else { None }
}

/// The value of a number in a form that every reader agrees on: `10`, `1.5`, `-0.25`, `1.0e+21`.
///
/// Not `.5`, `1.` or `1e3`: the first two are no numbers in JSON, the third is text to YAML 1.1, which wants a
/// point and a signed exponent. Source: the intersection of `tag:yaml.org,2002:float` and the core schema of
/// YAML 1.2, §10.3.2.
pub fn decimal(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let canonical = match unsigned.split_once('.') {
        None => whole(unsigned),
        Some((integral, rest)) => {
            let (fraction, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "+0"));
            whole(integral) && digits(fraction) && exponent.strip_prefix(['+', '-']).is_some_and(digits)
        }
    };
    if canonical { text.parse().ok().filter(|x: &f64| x.is_finite()) } else { None }
}

/// Whether plain `text` is text to every reader: to YAML 1.1, to YAML 1.2 and to Go alike.
///
/// About its type only: whether it can stand without quotes at all is for [`is_plain_safe`] to say.
pub fn is_text_everywhere(text: &str) -> bool {
    mistake(text).is_none()
}

/// What some reader takes plain `text` for, with its article, where [`is_text_everywhere`] says no.
pub fn mistaken_for(text: &str) -> &'static str {
    mistake(text).unwrap_or("text")
}

/// Whether plain `text` is a number to some reader, such as `0x1F`, `1_000`, `+1`, `1e3`, `12:30` or `.inf`.
///
/// Sources: `resolve.go` of yaml.v2 and yaml.v3 (which drop each `_`), `resolver.py` of `PyYAML` (base 60),
/// `scalar_scanner.rb` of Psych (commas).
pub fn is_number_to_someone(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let signed = unsigned.len() < text.len();
    let name = unsigned.strip_prefix('.').unwrap_or(unsigned);
    let plausible = match unsigned.as_bytes().first() {
        Some(b'0'..=b'9' | b'.') => true,
        // `-_1` is a number to Go, `_1` is not.
        Some(b'_') => signed,
        _ => false,
    };
    plausible && (is_decimal(unsigned) || is_radix(unsigned) || is_base_60(unsigned))
        || ["inf", "nan", "infinity"].iter().any(|n| name.eq_ignore_ascii_case(n))
}

/// Whether `text` can be written without quotes, as a value, a key or an item of a list in block style, and
/// every reader then gets back that text.
///
/// Syntax by YAML 1.2, §7.3.3, but stricter, because readers differ at its edges: no tab, no line break, no
/// character that cannot be seen, and nothing that starts like a document marker.
pub fn is_plain_safe(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return false };
    let starts = match first {
        b' ' | b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>'
        | b'\'' | b'"' | b'%' | b'@' | b'`' => false,
        b'-' => bytes.get(1).is_some_and(|b| *b != b' ') && !text.starts_with("---"),
        b'.' => !text.starts_with("..."),
        _ => true,
    };
    starts && last != b' ' && last != b':' && is_plain_inside(text) && is_text_everywhere(text)
}

/// Whether a character can be written as it is: it has a shape that a reviewer sees, and no reader of YAML
/// takes it for a line break or refuses it.
///
/// Source: `c-printable` of YAML 1.2, §5.1, without the line breaks of YAML 1.1, non-characters, and the
/// invisible and bidirectional controls of Unicode, which make text look like other text.
pub fn is_visible(c: char) -> bool {
    let hidden = matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{61c}'
        | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{e000}'..='\u{f8ff}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}'
        | '\u{e0000}'..);
    !hidden && u32::from(c) & 0xfffe != 0xfffe
}

/// What kubectl makes of a plain scalar.
///
/// Source: `resolve` in `sigs.k8s.io/yaml/goyaml.v2/resolve.go`, then JSON; checked against kubectl 1.35.
/// Dates stay text. An integer that 64 bits do not hold becomes a float, and a float that is whole, and that
/// they hold, becomes an integer again.
pub fn go(text: &str) -> Typed {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Typed::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Typed::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Typed::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" => Typed::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Typed::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Typed::Float(f64::NEG_INFINITY),
        // Only here an underscore has to stand between digits (`strconv.ParseFloat`).
        _ if text.starts_with("._") || text.starts_with('.') && text.split('_').any(go_has_bad_edge) => {
            Typed::Text
        }
        _ if text.starts_with(['.', '+', '-']) || text.starts_with(|c: char| c.is_ascii_digit()) => {
            go_number(&text.replace('_', "")).unwrap_or(Typed::Text)
        }
        _ => Typed::Text,
    }
}

/// Whether a part of a number between two underscores does not start and end with a digit.
fn go_has_bad_edge(part: &str) -> bool {
    let digit = |c: char| c.is_ascii_digit();
    !(part.starts_with('.') || part.starts_with(digit)) || !part.ends_with(digit)
}

fn go_number(text: &str) -> Option<Typed> {
    let number = match go_integer(text) {
        Some(n) => match i64::try_from(n) {
            Ok(n) => return Some(Typed::Int(n.into())),
            // An unsigned integer of 64 bits, which the decoder of JSON makes a float of.
            Err(_) => n.to_string().parse().ok(),
        },
        None => go_float(text),
    };
    let number = number.filter(|x: &f64| x.is_finite())?;
    Some(number.to_string().parse::<i64>().map_or(Typed::Float(number), |n| Typed::Int(n.into())))
}

/// `strconv.ParseInt(text, 0, 64)`, then `ParseUint`, which knows no sign.
fn go_integer(text: &str) -> Option<i128> {
    if let Some(digits) = text.strip_prefix("0b").filter(|d| d.starts_with(['+', '-'])) {
        // What follows `0b` is parsed on its own, so it may have a sign: `0b-1` is -1.
        return i64::from_str_radix(digits, 2).ok().map(i128::from);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, 2),
        [b'0', b'o' | b'O', ..] => (8, 2),
        [b'0', b'b' | b'B', ..] => (2, 2),
        [b'0', _, ..] => (8, 1),
        _ => (10, 0),
    };
    let digits = unsigned.get(digits..).filter(|d| d.bytes().all(|b| b.is_ascii_alphanumeric()))?;
    let size = i128::from_str_radix(digits, radix).ok()?;
    let value = if text.starts_with('-') { -size } else { size };
    let fits = i64::try_from(value).is_ok() || (unsigned.len() == text.len() && u64::try_from(value).is_ok());
    fits.then_some(value)
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`.
fn go_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (integral, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let well_formed = (digits(integral) || integral.is_empty() && digits(fraction))
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    if well_formed { text.parse().ok() } else { None }
}

/// What some reader takes plain text for, if not for text.
fn mistake(text: &str) -> Option<&'static str> {
    let Some(first) = text.bytes().next() else { return Some("null") };
    match first {
        b'0'..=b'9' if is_date(text) => Some("a date or a time"),
        b'0'..=b'9' | b'+' | b'-' | b'.' if is_number_to_someone(text) => Some("a number"),
        b'=' if text == "=" => Some("a default value"),
        b'<' if text == "<<" => Some("a merge key"),
        b'~' if text == "~" => Some("null"),
        b'A'..=b'Z' | b'a'..=b'z' => word(text),
        _ => None,
    }
}

/// In any mixture of cases, because some readers ignore case.
fn word(text: &str) -> Option<&'static str> {
    let is = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(text));
    match text.len() {
        1 if is(&["y", "n"]) => Some("a boolean"),
        2 if is(&["no", "on"]) => Some("a boolean"),
        3 if is(&["yes", "off"]) => Some("a boolean"),
        4 if is(&["true"]) => Some("a boolean"),
        5 if is(&["false"]) => Some("a boolean"),
        4 if is(&["null"]) => Some("null"),
        3 | 8 if is(&["inf", "nan", "infinity"]) => Some("a number"),
        _ => None,
    }
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `0|[1-9][0-9]*`.
fn whole(text: &str) -> bool {
    digits(text) && (text == "0" || !text.starts_with('0'))
}

/// Whether every character may stand inside a plain scalar, and none of them ends it.
fn is_plain_inside(text: &str) -> bool {
    let mut before = b' ';
    for &b in text.as_bytes() {
        let ends = match b {
            b' ' => before == b':',
            b'#' => before == b' ',
            b'!'..=b'~' => false,
            0x80.. => return text.chars().all(is_visible) && !text.contains(": ") && !text.contains(" #"),
            _ => true,
        };
        if ends {
            return false;
        }
        before = b;
    }
    true
}

/// Digits with at most one point, perhaps an exponent, and `_` or `,` anywhere.
fn is_decimal(text: &str) -> bool {
    let mut rest = text.bytes().filter(|b| !matches!(b, b'_' | b',')).peekable();
    let mut digits = 0;
    while rest.next_if(u8::is_ascii_digit).is_some() {
        digits += 1;
    }
    if rest.next_if_eq(&b'.').is_some() {
        while rest.next_if(u8::is_ascii_digit).is_some() {
            digits += 1;
        }
    }
    if digits > 0 && rest.next_if(|b| matches!(b, b'e' | b'E')).is_some() {
        rest.next_if(|b| matches!(b, b'+' | b'-'));
        return rest.peek().is_some() && rest.all(|b| b.is_ascii_digit());
    }
    digits > 0 && rest.next().is_none()
}

/// `0x1F`, `0o17`, `0b11`, in either case; after `0b` Go takes another sign.
fn is_radix(text: &str) -> bool {
    let (radix, rest) = match text.as_bytes() {
        [b'0', b'x' | b'X', rest @ ..] => (16, rest),
        [b'0', b'o' | b'O', rest @ ..] => (8, rest),
        [b'0', b'b' | b'B', b'+' | b'-', rest @ ..] | [b'0', b'b' | b'B', rest @ ..] => (2, rest),
        _ => return false,
    };
    !rest.is_empty() && rest.iter().all(|b| *b == b'_' || char::from(*b).is_digit(radix))
}

/// `12:30`, `1:00:59.5`: in YAML 1.1 each place after a colon counts sixtieths.
fn is_base_60(text: &str) -> bool {
    let mut places = text.split(':');
    let first = places.next().is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit() || b == b'_'));
    let mut count = 0;
    first
        && places.all(|place| {
            count += 1;
            let (place, fraction) = place.split_once('.').unwrap_or((place, ""));
            let small = matches!(place.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
            small && fraction.bytes().all(|b| b.is_ascii_digit() || b == b'_')
        })
        && count > 0
}

/// `2027-06-30`, alone or with a time after it.
///
/// Sources: `tag:yaml.org,2002:timestamp`; `allowedTimestampFormats` in `resolve.go` of yaml.v3.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let end = rest.find(['T', 't', ' ', '\t']).unwrap_or(rest.len());
    let (day, time) = rest.split_at(end);
    year.len() == 4
        && month.len() <= 2
        && day.len() <= 2
        && [year, month, day].into_iter().all(digits)
        && (time.is_empty()
            || time.get(1..).is_some_and(|t| t.trim_start().starts_with(|c: char| c.is_ascii_digit())))
}
