//! Questions to Prometheus, as values. A name in them is only ever a name: [`Matcher`] escapes it.
//!
//! Source: <https://prometheus.io/docs/prometheus/latest/querying/basics/>.

use std::fmt::{self, Display, Formatter, Write as _};

/// What a label of a series must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Matcher {
    label: &'static str,
    operator: &'static str,
    /// As it stands between the quotes.
    written: String,
}

impl Matcher {
    /// The label is this text.
    pub(crate) fn is(label: &'static str, text: &str) -> Matcher {
        Matcher { label, operator: "=", written: literal(text) }
    }

    /// The label is one of these texts; none of them matches nothing.
    pub(crate) fn one_of<'a>(label: &'static str, texts: impl IntoIterator<Item = &'a str>) -> Matcher {
        let patterns: Vec<String> = texts.into_iter().map(pattern).collect();
        Matcher { label, operator: "=~", written: literal(&patterns.join("|")) }
    }

    /// The label matches our own pattern.
    pub(crate) fn like(label: &'static str, pattern: &'static str) -> Matcher {
        Matcher { label, operator: "=~", written: literal(pattern) }
    }

    /// The label is not this text.
    pub(crate) fn is_not(label: &'static str, text: &str) -> Matcher {
        Matcher { label, operator: "!=", written: literal(text) }
    }

    /// The label is what is chosen in a variable of the dashboard, which Grafana escapes.
    pub(crate) fn chosen(label: &'static str, variable: &'static str) -> Matcher {
        Matcher { label, operator: "=~", written: format!("${variable}") }
    }
}

impl Display for Matcher {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}\"{}\"", self.label, self.operator, self.written)
    }
}

/// Text as it stands between the quotes of `PromQL`, whose escapes are those of Go.
///
/// Grafana looks for `$name` and `[[name]]` before Prometheus reads anything, so what begins them is written as
/// an escape too.
fn literal(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '$' | '[' => _ = write!(out, "\\x{:02x}", u32::from(c)),
            c if c.is_control() => _ = write!(out, "\\u{:04x}", u32::from(c)),
            c => out.push(c),
        }
        out
    })
}

/// A regular expression of RE2 that matches this text alone. Prometheus anchors it.
fn pattern(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        if "\\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

/// Series of one metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Series {
    pub(crate) metric: &'static str,
    pub(crate) matchers: Vec<Matcher>,
}

impl Series {
    pub(crate) fn new(metric: &'static str, matchers: impl IntoIterator<Item = Matcher>) -> Series {
        Series { metric, matchers: matchers.into_iter().collect() }
    }
}

impl Display for Series {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.metric)?;
        if self.matchers.is_empty() {
            return Ok(());
        }
        let matchers: Vec<String> = self.matchers.iter().map(Matcher::to_string).collect();
        write!(f, "{{{}}}", matchers.join(","))
    }
}

/// Over which time a rate is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Window {
    /// What Grafana finds right for the panel and the scrape interval.
    Panel,
    /// Five minutes, for alerts.
    FiveMinutes,
}

/// How series become fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregation {
    Sum,
    Max,
    Count,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expr {
    /// The last value.
    Last(Series),
    /// The growth of a counter, a second.
    Rate(Series, Window),
    /// One series for each value of these labels.
    By(Aggregation, Vec<&'static str>, Box<Expr>),
    /// The value below which this share of a histogram's observations is, for each value of these labels.
    Quantile(&'static str, Vec<&'static str>, Series),
    /// The share of a part in a whole; 0 where there is a whole and no part.
    Share(Box<Expr>, Box<Expr>),
    /// One over the other.
    Ratio(Box<Expr>, Box<Expr>),
    /// These series, and of the others those that have other labels.
    Or(Box<Expr>, Box<Expr>),
    /// Only where it is greater than this number.
    Above(Box<Expr>, &'static str),
}

impl Expr {
    /// Requests, bytes and the like a second, for each value of these labels.
    pub(crate) fn rate_by(by: &[&'static str], series: Series) -> Expr {
        Expr::Rate(series, Window::Panel).by(Aggregation::Sum, by)
    }

    /// The last values, added up for each value of these labels.
    pub(crate) fn last_by(by: &[&'static str], series: Series) -> Expr {
        Expr::Last(series).by(Aggregation::Sum, by)
    }

    pub(crate) fn by(self, with: Aggregation, by: &[&'static str]) -> Expr {
        Expr::By(with, by.to_vec(), Box::new(self))
    }

    pub(crate) fn share_of(self, whole: Expr) -> Expr {
        Expr::Share(Box::new(self), Box::new(whole))
    }

    pub(crate) fn over(self, other: Expr) -> Expr {
        Expr::Ratio(Box::new(self), Box::new(other))
    }

    pub(crate) fn or(self, other: Expr) -> Expr {
        Expr::Or(Box::new(self), Box::new(other))
    }

    pub(crate) fn above(self, number: &'static str) -> Expr {
        Expr::Above(Box::new(self), number)
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Expr::Last(series) => series.fmt(f),
            Expr::Rate(series, window) => {
                let window = match window {
                    Window::Panel => "$__rate_interval",
                    Window::FiveMinutes => "5m",
                };
                write!(f, "rate({series}[{window}])")
            }
            Expr::By(with, by, of) => {
                let with = match with {
                    Aggregation::Sum => "sum",
                    Aggregation::Max => "max",
                    Aggregation::Count => "count",
                };
                if by.is_empty() {
                    write!(f, "{with}({of})")
                } else {
                    write!(f, "{with} by ({}) ({of})", by.join(", "))
                }
            }
            Expr::Quantile(share, by, series) => {
                let by: Vec<&str> = ["le"].into_iter().chain(by.iter().copied()).collect();
                let by = by.join(", ");
                write!(f, "histogram_quantile({share}, sum by ({by}) (rate({series}[$__rate_interval])))")
            }
            Expr::Share(part, whole) => write!(f, "(({part}) or ({whole}) * 0) / ({whole})"),
            Expr::Ratio(one, other) => write!(f, "({one}) / ({other})"),
            Expr::Or(one, other) => write!(f, "({one}) or ({other})"),
            Expr::Above(of, number) => write!(f, "({of}) > {number}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(matcher: Matcher) -> String {
        Series::new("up", [matcher]).to_string()
    }

    #[test]
    fn a_hostile_name_stays_inside_of_its_quotes() {
        insta::assert_snapshot!(series(Matcher::is("a", r#"x"} or vector(1) #"#)), @r#"up{a="x\"} or vector(1) #"}"#);
        insta::assert_snapshot!(series(Matcher::is("a", "x\\\ny")), @r#"up{a="x\\\u000ay"}"#);
    }

    #[test]
    fn grafana_finds_no_variable_in_a_name() {
        insta::assert_snapshot!(series(Matcher::is("a", "$x ${x} [[x]]")), @r#"up{a="\x24x \x24{x} \x5b\x5bx]]"}"#);
    }

    #[test]
    fn a_name_is_no_regular_expression() {
        insta::assert_snapshot!(series(Matcher::one_of("a", ["a.b", "c|.*", "$"])), @r#"up{a=~"a\\.b|c\\|\\.\\*|\\\x24"}"#);
    }

    #[test]
    fn questions_read_as_promql() {
        let all = || Expr::rate_by(&["app"], Series::new("requests_total", []));
        let errors = Expr::rate_by(&["app"], Series::new("requests_total", [Matcher::like("code", "5..")]));
        insta::assert_snapshot!(errors.share_of(all()), @r#"((sum by (app) (rate(requests_total{code=~"5.."}[$__rate_interval]))) or (sum by (app) (rate(requests_total[$__rate_interval]))) * 0) / (sum by (app) (rate(requests_total[$__rate_interval])))"#);
        let slow = Expr::Quantile(
            "0.99",
            vec!["app"],
            Series::new("d_bucket", [Matcher::chosen("ns", "namespace")]),
        );
        insta::assert_snapshot!(slow, @r#"histogram_quantile(0.99, sum by (le, app) (rate(d_bucket{ns=~"$namespace"}[$__rate_interval])))"#);
    }
}
