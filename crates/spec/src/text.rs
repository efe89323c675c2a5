//! Text with rules: names, labels, hosts, address blocks, images. After reading, the type is the proof.

use std::{borrow::Borrow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

/// Declares a type that is text for which `$check` found nothing to object to.
///
/// `$pattern` tells editors the same rule as far as a regular expression can; `$check` decides.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $check:expr, $pattern:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(s: String) -> Result<Self, String> {
                let check: fn(&str) -> Result<(), String> = $check;
                check(&s).map(|()| $name(s))
            }
        }

        impl FromStr for $name {
            type Err = String;
            fn from_str(s: &str) -> Result<Self, String> {
                $name::try_from(s.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(s: $name) -> String {
                s.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                $(#[$doc])*
                #[derive(JsonSchema)]
                struct Documented(#[expect(dead_code, reason = "only its documentation is asked for")] String);

                // No text of ours is a line break: what is said of it is said of every other mistake.
                let said = $name::try_from("\n".to_owned()).err().unwrap_or_default();
                $crate::text::text_schema(Documented::json_schema(generator), $pattern, said.trim_start_matches("`\n` is "))
            }
        }
    };
}

/// The schema of text: `pattern` for everybody, and the message that some editors show instead of it.
pub(crate) fn text_schema(mut schema: Schema, pattern: &str, message: &str) -> Schema {
    schema.insert("pattern".to_owned(), pattern.into());
    schema.insert("patternErrorMessage".to_owned(), message.into());
    schema
}

text!(
    /// A DNS label: 1 to 63 of `a-z`, `0-9` and `-`, with no `-` at either end (RFC 1123).
    ///
    /// The name of a namespace, and of everything that becomes one part of a host name.
    Name,
    |s| if is_dns_label(s) {
        Ok(())
    } else {
        Err(format!("`{s}` is not a valid name: use 1 to 63 of a-z, 0-9 and `-`, with no `-` at either end"))
    },
    "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"
);

text!(
    /// A DNS subdomain: labels with dots between, up to 253 characters (RFC 1123). The name of most objects.
    ObjectName,
    |s| if s.len() <= 253 && s.split('.').all(is_dns_label) {
        Ok(())
    } else {
        Err(format!(
            "`{s}` is not a valid object name: use up to 253 of a-z, 0-9, `-` and `.`, each part between dots with a letter or digit at both ends"
        ))
    },
    r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$"
);

text!(
    /// The name of a port: 1 to 15 of `a-z`, `0-9` and `-`, with a letter, and no `-` at either end or doubled.
    ///
    /// Source: `IsValidPortName` of `k8s.io/apimachinery`, RFC 6335. Istio takes the part before the first `-`
    /// for the protocol.
    PortName,
    |s| if is_port_name(s) {
        Ok(())
    } else {
        Err(format!(
            "`{s}` is not a valid port name: use 1 to 15 of a-z, 0-9 and `-`, with at least one letter, no `-` at either end and none doubled"
        ))
    },
    "^(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$"
);

text!(
    /// The key of a label: up to 63 of letters, digits, `-`, `_` and `.`, perhaps with a DNS subdomain and `/` before.
    LabelKey,
    |s| if is_label_key(s) {
        Ok(())
    } else {
        Err(format!(
            "`{s}` is not a valid label key: use up to 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends, perhaps after a DNS name and `/`"
        ))
    },
    r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
);

text!(
    /// The value of a label: empty, or up to 63 of letters, digits, `-`, `_` and `.`.
    LabelValue,
    |s| if s.is_empty() || is_label_part(s) {
        Ok(())
    } else {
        Err(format!(
            "`{s}` is not a valid label value: use up to 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"
        ))
    },
    "^(([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9])?$"
);

text!(
    /// The name of an environment variable, such that every shell can say it.
    EnvName,
    |s| {
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if !s.is_empty() && s.chars().all(legal) && !s.starts_with(|c: char| c.is_ascii_digit()) {
            Ok(())
        } else {
            Err(format!("`{s}` is not a name that every shell can say: use letters, digits and `_`, not a digit first"))
        }
    },
    "^[A-Za-z_][A-Za-z0-9_]*$"
);

text!(
    /// A host name outside of the cluster; a first label of `*` stands for any.
    Host,
    |s| {
        let name = s.strip_prefix("*.").unwrap_or(s);
        if name.contains('.') && name.len() <= 253 && name.split('.').all(is_dns_label) {
            Ok(())
        } else {
            Err(format!("`{s}` is not a host name: use labels of a-z, 0-9 and `-` with dots between, such as `api.example.com` or `*.example.com`"))
        }
    },
    r"^(\*\.)?[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)+$"
);

text!(
    /// The reference of a container image.
    ///
    /// Source: `distribution/reference`, without the details that only a registry can judge.
    Image,
    |s| if is_image(s) {
        Ok(())
    } else {
        Err(format!("`{s}` is not an image reference: write `registry/path/name:tag` or `…@sha256:…`, the path in lower case"))
    },
    r"^[A-Za-z0-9][A-Za-z0-9._:/-]*(@sha256:[0-9a-f]{64})?$"
);

text!(
    /// An HTTP path for authorization: exact, or with `*` at its end.
    Path,
    |s| {
        let rest = s.strip_suffix('*').unwrap_or(s);
        let legal = |c: char| c.is_ascii_graphic() && !matches!(c, '*' | '?' | '#');
        if s.starts_with('/') && rest.chars().all(legal) {
            Ok(())
        } else {
            Err(format!("`{s}` is not a path: start with `/`, and use `*` at the end only, as in `/charges/*`"))
        }
    },
    r#"^/[!"$-)+->@-~]*\*?$"#
);

text!(
    /// The full name of a gRPC service, as its proto file has it.
    GrpcService,
    |s| {
        let part = |p: &str| {
            p.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && p.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        if s.split('.').all(part) {
            Ok(())
        } else {
            Err(format!("`{s}` is not a gRPC service: write `package.Service`"))
        }
    },
    r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$"
);

text!(
    /// A folder inside the output folder.
    Folder,
    |s| match s.parse::<meshgen_bundle::FilePath>() {
        Ok(_) => Ok(()),
        Err(e) => Err(e.to_string()),
    },
    "^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$"
);

text!(
    /// The code of a finding.
    FindingCode,
    |s| {
        let digits = s.strip_prefix("MG").unwrap_or_default();
        if digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(())
        } else {
            Err(format!("`{s}` is not the code of a finding: write `MG` and three digits"))
        }
    },
    "^MG[0-9]{3}$"
);

text!(
    /// A day, `YYYY-MM-DD`.
    Date,
    |s| if is_date(s) { Ok(()) } else { Err(format!("`{s}` is not a date: write YYYY-MM-DD, in quotes")) },
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
);

text!(
    /// A reason that a reader can follow: not empty, on one line.
    Reason,
    |s| if !s.trim().is_empty() && !s.contains(['\n', '\r']) {
        Ok(())
    } else {
        Err("a reason is one line that says why".to_owned())
    },
    r"^[^\n\r]*\S[^\n\r]*$"
);

text!(
    /// A version of Istio: `1.31` or `1.31.1`.
    IstioVersion,
    |s| {
        let parts: Vec<&str> = s.split('.').collect();
        let number = |p: &&str| !p.is_empty() && p.len() <= 4 && p.bytes().all(|b| b.is_ascii_digit());
        if (2..=3).contains(&parts.len()) && parts.iter().all(number) {
            Ok(())
        } else {
            Err(format!("`{s}` is not a version of Istio: write `1.31.1`, or `\"1.31\"` in quotes"))
        }
    },
    r"^[0-9]{1,4}\.[0-9]{1,4}(\.[0-9]{1,4})?$"
);

text!(
    /// An amount of a resource, such as `250m` or `64Mi`.
    ///
    /// Source: `k8s.io/apimachinery/pkg/api/resource`, without exponents.
    Quantity,
    |s| {
        let digits = s.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let suffix = s.get(digits.len()..).unwrap_or_default();
        let units = ["", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
        let number = digits.strip_suffix('.').is_none()
            && digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && digits.matches('.').count() <= 1;
        if number && units.contains(&suffix) {
            Ok(())
        } else {
            Err(format!("`{s}` is not an amount: write `250m`, `0.5`, `64Mi` or `2Gi`"))
        }
    },
    "^[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"
);

impl Name {
    /// The name that sorts before every other one.
    pub(crate) fn first() -> Name {
        Name("0".to_owned())
    }
}

/// `namespace/name`, as kubectl shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WorkloadName {
    /// The namespace.
    pub namespace: Name,
    /// The name of the object.
    pub name: Name,
}

impl TryFrom<String> for WorkloadName {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        let Some((namespace, name)) = s.split_once('/') else {
            return Err(format!("`{s}` does not say a namespace: write `namespace/name`"));
        };
        Ok(WorkloadName { namespace: namespace.parse()?, name: name.parse()? })
    }
}

impl From<WorkloadName> for String {
    fn from(w: WorkloadName) -> String {
        w.to_string()
    }
}

impl fmt::Display for WorkloadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// One workload, `namespace/name`, or all of a namespace, `namespace/*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Workloads {
    /// All pods of a namespace.
    All(Name),
    /// One workload.
    One(WorkloadName),
}

impl Workloads {
    /// The namespace.
    pub fn namespace(&self) -> &Name {
        match self {
            Workloads::All(namespace) => namespace,
            Workloads::One(workload) => &workload.namespace,
        }
    }
}

impl TryFrom<String> for Workloads {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        match s.strip_suffix("/*") {
            Some(namespace) => Ok(Workloads::All(namespace.parse()?)),
            None => WorkloadName::try_from(s).map(Workloads::One).map_err(|e| {
                e.replace("write `namespace/name`", "write `namespace/name`, or `namespace/*` for all of it")
            }),
        }
    }
}

impl From<Workloads> for String {
    fn from(w: Workloads) -> String {
        w.to_string()
    }
}

impl fmt::Display for Workloads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Workloads::All(namespace) => write!(f, "{namespace}/*"),
            Workloads::One(workload) => workload.fmt(f),
        }
    }
}

/// A key of a Secret: `name/key`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretKey {
    /// The name of the Secret, in the namespace of whoever reads it.
    pub name: ObjectName,
    /// The key in it.
    pub key: String,
}

impl TryFrom<String> for SecretKey {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        // Never echo the text: somebody may have put the secret itself here.
        let wrong = || "this does not name a key of a Secret: write `name/key`".to_owned();
        let (name, key) = s.split_once('/').ok_or_else(wrong)?;
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if key.is_empty() || key.len() > 253 || !key.chars().all(legal) {
            return Err(wrong());
        }
        Ok(SecretKey { name: name.parse().map_err(|_| wrong())?, key: key.to_owned() })
    }
}

impl From<SecretKey> for String {
    fn from(s: SecretKey) -> String {
        format!("{}/{}", s.name, s.key)
    }
}

/// A block of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr(ipnet::IpNet);

impl Cidr {
    /// The block.
    pub fn net(self) -> ipnet::IpNet {
        self.0
    }
}

impl TryFrom<String> for Cidr {
    type Error = String;

    fn try_from(s: String) -> Result<Self, String> {
        let Ok(net) = s.parse::<ipnet::IpNet>() else {
            let single = s.parse::<std::net::IpAddr>().map(ipnet::IpNet::from);
            return Err(match single {
                Ok(net) => format!("`{s}` is one address, not a block: write `{net}`"),
                Err(_) => format!("`{s}` is not a block of addresses: write `10.0.0.0/8` or `2001:db8::/32`"),
            });
        };
        // Kubernetes takes it, and warns: what stands behind the prefix means nothing.
        if net.trunc() == net {
            Ok(Cidr(net))
        } else {
            Err(format!("`{s}` has bits behind its prefix: write `{}`", net.trunc()))
        }
    }
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        Cidr::try_from(s.to_owned())
    }
}

impl From<Cidr> for String {
    fn from(c: Cidr) -> String {
        c.to_string()
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! string_schema {
    ($($(#[$doc:meta])* $name:ident: $pattern:literal, $message:literal;)*) => {$(
        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                $(#[$doc])*
                #[derive(JsonSchema)]
                struct Documented(#[expect(dead_code, reason = "only its documentation is asked for")] String);

                $crate::text::text_schema(Documented::json_schema(generator), $pattern, $message)
            }
        }
    )*};
}

string_schema! {
    /// A workload: `namespace/name`, as kubectl shows it.
    WorkloadName: "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        "write `namespace/name`, each 1 to 63 of a-z, 0-9 and `-`, with no `-` at either end";
    /// One workload, `namespace/name`, or all of a namespace, `namespace/*`.
    Workloads: r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?|\*)$",
        "write `namespace/name`, or `namespace/*` for all of it";
    /// A key of a Secret: `name/key`.
    SecretKey: r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*/[-._a-zA-Z0-9]{1,253}$",
        "this does not name a key of a Secret: write `name/key`";
    /// A block of addresses, such as `10.0.0.0/8` or `2001:db8::/32`.
    Cidr: "^[0-9a-fA-F.:]+/[0-9]{1,3}$", "not a block of addresses: write `10.0.0.0/8` or `2001:db8::/32`";
}

/// Whether this is a DNS label of RFC 1123, as Kubernetes has it: lower case only.
fn is_dns_label(s: &str) -> bool {
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&s.len()) && s.bytes().all(legal) && !s.starts_with('-') && !s.ends_with('-')
}

fn is_port_name(s: &str) -> bool {
    s.len() <= 15 && is_dns_label(s) && s.bytes().any(|b| b.is_ascii_lowercase()) && !s.contains("--")
}

fn is_label_part(s: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    s.len() <= 63 && s.chars().all(legal) && edge(s.chars().next()) && edge(s.chars().next_back())
}

fn is_label_key(s: &str) -> bool {
    match s.split_once('/') {
        Some((prefix, name)) => {
            prefix.len() <= 253 && prefix.split('.').all(is_dns_label) && is_label_part(name)
        }
        None => is_label_part(s),
    }
}

fn is_image(s: &str) -> bool {
    let (name, digest) = s.split_once('@').map_or((s, None), |(n, d)| (n, Some(d)));
    let digest_ok = digest.is_none_or(|d| {
        d.strip_prefix("sha256:").is_some_and(|h| {
            h.len() == 64 && h.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
        })
    });
    // A colon before the last slash is the port of the registry.
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (name, None),
    };
    let tag_ok = tag.is_none_or(|t| {
        (1..=128).contains(&t.len())
            && t.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
            && !t.starts_with(['.', '-'])
    });
    let mut parts = path.split('/').peekable();
    let registry = parts
        .peek()
        .filter(|_| path.contains('/'))
        .is_some_and(|p| p.contains(['.', ':']) || *p == "localhost");
    let registry_ok = !registry
        || parts.next().is_some_and(|r| {
            let (host, port) = r.split_once(':').map_or((r, None), |(h, p)| (h, Some(p)));
            host.split('.').all(|l| is_dns_label(&l.to_ascii_lowercase()))
                && port.is_none_or(|p| p.parse::<u16>().is_ok_and(|p| p > 0))
        });
    let path_ok = |p: &str| {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
        let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        p.bytes().all(legal) && edge(p.as_bytes().first()) && edge(p.as_bytes().last())
    };
    s.len() <= 512 && registry_ok && parts.peek().is_some() && parts.all(path_ok) && tag_ok && digest_ok
}

fn is_date(s: &str) -> bool {
    let parts: Vec<Option<u32>> = s.split('-').map(|p| p.parse().ok()).collect();
    let [Some(year), Some(month @ 1..=12), Some(day)] = parts[..] else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    s.len() == 10 && s.bytes().all(|b| b.is_ascii_digit() || b == b'-') && (1..=days).contains(&day)
}

impl Image {
    /// The tag, if one is written.
    pub fn tag(&self) -> Option<&str> {
        let name = self.0.split('@').next()?;
        name.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: FromStr>(good: &[&str], bad: &[&str]) {
        for s in good {
            assert!(s.parse::<T>().is_ok(), "{s:?} should be accepted");
        }
        for s in bad {
            assert!(s.parse::<T>().is_err(), "{s:?} should be refused");
        }
    }

    #[test]
    fn names_are_dns_labels() {
        let long = "a".repeat(63);
        check::<Name>(
            &["a", "0", "a-b", "9lives", &long],
            &["", "-a", "a-", "A", "a.b", "a_b", "é", &format!("{long}a")],
        );
    }

    #[test]
    fn object_names_are_dns_subdomains() {
        let long = vec!["a".repeat(63); 4].join(".");
        check::<ObjectName>(&["a.b", "default-deny"], &["a..b", ".a", "a/b", &long]);
    }

    #[test]
    fn port_names_have_a_letter_and_15_characters_at_most() {
        check::<PortName>(
            &["http", "grpc-alpha-int", "p2"],
            &["80", "a--b", "-a", "a-", "sixteen-letters-", "Http", "a_b"],
        );
    }

    #[test]
    fn labels_are_as_kubernetes_takes_them() {
        check::<LabelKey>(
            &["app", "app.kubernetes.io/name", "A_b.c"],
            &["", "/a", "a/", "a/b/c", "a b", "-a", "É/a"],
        );
        check::<LabelValue>(&["", "a", "v1.2_3-x", "A"], &["-", "a b", "a/b", "a:b", &"a".repeat(64), "a\n"]);
    }

    #[test]
    fn images_are_as_registries_take_them() {
        let digest = format!("a@sha256:{}", "0".repeat(64));
        check::<Image>(
            &[
                "nginx",
                "nginx:1.27",
                "ghcr.io/acme/web:2.4.1",
                "localhost:5001/a/b",
                "registry.example.com:5000/x",
                &digest,
            ],
            &[
                "",
                "Nginx",
                "a:b:c",
                "a b",
                "a:$(x)",
                "a@sha256:1",
                "a/",
                "/a",
                "a//b",
                "x:-t",
                "a;b",
                "a\nb",
                "https://a/b",
            ],
        );
        assert_eq!("localhost:5001/a/b".parse::<Image>().unwrap().tag(), None);
        assert_eq!("a/b:v1@sha256:".parse::<Image>().ok().and_then(|i| i.tag().map(str::to_owned)), None);
    }

    #[test]
    fn blocks_of_addresses_have_no_bits_behind_the_prefix() {
        check::<Cidr>(
            &["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32"],
            &["10.0.0.1/8", "10.0.0.1", "10/8", "x", "1.2.3.4/33"],
        );
    }

    #[test]
    fn dates_are_days_that_exist() {
        check::<Date>(
            &["2027-06-30", "2028-02-29"],
            &["2027-02-29", "2027-13-01", "27-06-30", "2027-6-30", "+027-06-30"],
        );
    }

    #[test]
    fn hosts_have_a_dot_and_may_start_with_a_wildcard() {
        check::<Host>(
            &["api.stripe.com", "*.example.com"],
            &["localhost", "*", "*.*.com", "a b.c", "https://a.b", "a.*.c", "A.b"],
        );
    }

    #[test]
    fn amounts_are_as_kubernetes_takes_them() {
        check::<Quantity>(&["250m", "0.5", "64Mi", "2"], &["", "Mi", "1mi", "1.", ".5", "1e3", "-1", "1 Gi"]);
    }

    #[test]
    fn a_secret_is_never_echoed() {
        assert!(!SecretKey::try_from("hunter2".to_owned()).unwrap_err().contains("hunter2"));
    }
}
