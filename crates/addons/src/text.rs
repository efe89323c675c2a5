//! Text with rules. What reaches a configuration, an argument or a query is one of these, so that no name can
//! be anything but a name there.

use std::{fmt, str::FromStr};

/// Text that is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidText {
    text: String,
    what: &'static str,
    rule: &'static str,
}

impl fmt::Display for InvalidText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}: use {}", self.text, self.what, self.rule)
    }
}

impl std::error::Error for InvalidText {}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $holds:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidText;

            fn from_str(text: &str) -> Result<Self, InvalidText> {
                let holds: fn(&str) -> bool = $holds;
                if holds(text) {
                    Ok($name(text.to_owned()))
                } else {
                    Err(InvalidText { text: text.to_owned(), what: $what, rule: $rule })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(
    /// The name of a namespace, a Service or a revision: a label of RFC 1123.
    Label,
    "a name",
    "1 to 63 of a-z, 0-9 and `-`, with no `-` at either end",
    |s| (1..=63).contains(&s.len()) && is_label(s)
);

text!(
    /// The name of a workload: labels of RFC 1123 with dots between.
    WorkloadName,
    "the name of a workload",
    "1 to 253 of a-z, 0-9, `-` and `.`, each part beginning and ending with a letter or a digit",
    |s| s.len() <= 253 && s.split('.').all(is_label)
);

text!(
    /// A version of Istio, `1.31.1`, or one of its lines, `1.31`.
    IstioVersion,
    "a version of Istio",
    "numbers with dots between, as in `1.31.1` or `1.31`",
    |s| {
        let number = |n: &str| (1..=4).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit());
        (2..=3).contains(&s.split('.').count()) && s.split('.').all(number)
    }
);

text!(
    /// A span of time as Prometheus writes it.
    ///
    /// Source: <https://prometheus.io/docs/prometheus/latest/configuration/configuration/#configuration-file>,
    /// `<duration>`: units in descending order, each at most once. At most 100 years, since Prometheus refuses what
    /// nanoseconds of 64 bits cannot count.
    Duration,
    "a duration",
    "whole numbers with units from long to short, as in `15d` or `1h30m`",
    is_duration
);

text!(
    /// Where people's browsers find a program: `http` or `https`, a host, a port, a path.
    ///
    /// Only characters that mean themselves in YAML, JSON and Grafana's ini file, where `$` and `%` begin an
    /// expansion.
    Url,
    "a URL of a web page",
    "`http://` or `https://` and then letters, digits and `-._~:/@`",
    |s| {
        let rest = s.strip_prefix("https://").or_else(|| s.strip_prefix("http://"));
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/@".contains(&b);
        rest.is_some_and(|r| r.starts_with(|c: char| c.is_ascii_alphanumeric()) && r.bytes().all(legal))
    }
);

fn is_label(s: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !s.is_empty() && s.bytes().all(inner) && !s.starts_with('-') && !s.ends_with('-')
}

/// Units and their length in milliseconds.
const UNITS: [(&str, u64); 7] =
    [("y", 365 * DAY), ("w", 7 * DAY), ("d", DAY), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
const DAY: u64 = 86_400_000;

fn is_duration(s: &str) -> bool {
    milliseconds(s).is_some_and(|all| (1..=100 * 365 * DAY).contains(&all))
}

fn milliseconds(s: &str) -> Option<u64> {
    let (mut rest, mut all) = (s, 0_u64);
    for (unit, length) in UNITS {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at_checked(digits)?;
        // `5ms` is no `5m`.
        let other_unit = unit == "m" && after.starts_with("ms");
        if let Some(after) = after.strip_prefix(unit)
            && !other_unit
        {
            all = all.checked_add(number.parse::<u64>().ok()?.checked_mul(length)?)?;
            rest = after;
        }
    }
    rest.is_empty().then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: [&str; 9] = ["", "-", "a b", "a\"b", "a$b", "${HOME}", "a\nb", "[[x]]", "a'; drop"];

    #[test]
    fn hostile_text_is_no_name_and_no_url() {
        for bad in HOSTILE {
            assert!(bad.parse::<Label>().is_err(), "{bad:?}");
            assert!(bad.parse::<WorkloadName>().is_err(), "{bad:?}");
            assert!(bad.parse::<IstioVersion>().is_err(), "{bad:?}");
            assert!(bad.parse::<Duration>().is_err(), "{bad:?}");
            assert!(bad.parse::<Url>().is_err(), "{bad:?}");
            assert!(format!("https://{bad}").parse::<Url>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn durations_are_those_of_prometheus() {
        for good in ["15d", "1h30m", "90s", "500ms", "1y2w3d", "1m5ms"] {
            assert!(good.parse::<Duration>().is_ok(), "{good:?}");
        }
        for bad in
            ["15", "d", "1m1h", "1d1d", "-1d", "1.5h", "0s", "15 d", "15D", "101y", "99999999999999999999y"]
        {
            assert!(bad.parse::<Duration>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_error_says_what_would_be_right() {
        insta::assert_snapshot!("x y".parse::<Label>().unwrap_err(), @"`x y` is not a name: use 1 to 63 of a-z, 0-9 and `-`, with no `-` at either end");
    }
}
