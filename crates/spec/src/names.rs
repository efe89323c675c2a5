//! Text with rules, once more: names of clouds, registries, charts and versions. None of them can hold a blank,
//! a quote, a brace or a shell's character, so that they may stand in commands, URLs and state files.

use std::{borrow::Borrow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

text!(
    /// A region of Azure, such as `westus2`.
    AzureLocation,
    |s| if (2..=50).contains(&s.len()) && s.bytes().all(is_lower_or_digit) {
        Ok(())
    } else {
        Err(format!("`{s}` is not a location of Azure: use its short name, such as `westus2`"))
    },
    "^[a-z0-9]{2,50}$"
);

text!(
    /// The name of a resource group.
    ///
    /// Source: <https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules>, without
    /// brackets and letters that a shell or a terminal takes for something else.
    ResourceGroup,
    |s| {
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if (1..=90).contains(&s.len()) && s.bytes().all(legal) && !s.starts_with('-') && !s.ends_with('.') {
            Ok(())
        } else {
            Err(format!("`{s}` is not the name of a resource group: use up to 90 letters, digits, `-`, `_` and `.`, not `-` first nor `.` last"))
        }
    },
    "^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,89}$"
);

text!(
    /// The name of an Azure container registry; it is part of a public host name.
    ///
    /// Source: the same. Lower case, as in the host name.
    RegistryName,
    |s| if (5..=50).contains(&s.len()) && s.bytes().all(is_lower_or_digit) {
        Ok(())
    } else {
        Err(format!("`{s}` is not the name of a registry: use 5 to 50 of a-z and 0-9"))
    },
    "^[a-z0-9]{5,50}$"
);

text!(
    /// A size of virtual machines, such as `Standard_D4s_v5`.
    VmSize,
    |s| if (1..=64).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        Ok(())
    } else {
        Err(format!("`{s}` is not a size of virtual machines: write it as Azure does, `Standard_D4s_v5`"))
    },
    "^[A-Za-z0-9_]{1,64}$"
);

text!(
    /// A version of Kubernetes: `1.36` or `1.36.2`.
    KubernetesVersion,
    |s| if matches!(numbers(s).as_deref(), Some([1, _] | [1, _, _])) {
        Ok(())
    } else {
        Err(format!("`{s}` is not a version of Kubernetes: write `1.36.2`, or `\"1.36\"` in quotes"))
    },
    r"^1\.[0-9]+(\.[0-9]+)?$"
);

text!(
    /// A version or a tag, as it is.
    VersionText,
    |s| if is_version(s) {
        Ok(())
    } else {
        Err(format!("`{s}` is not a version: use letters, digits, `.`, `+`, `_` and `-`, a letter or digit first"))
    },
    "^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$"
);

text!(
    /// The tag of an image.
    ImageTag,
    |s| if is_version(s) && !s.contains('+') {
        Ok(())
    } else {
        Err(format!("`{s}` is not a tag: use letters, digits, `.`, `_` and `-`, a letter or digit first"))
    },
    "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
);

text!(
    /// The path of an image in its registry.
    ImagePath,
    |s| if !s.contains([':', '@']) && s.parse::<crate::Image>().is_ok() {
        Ok(())
    } else {
        Err(format!("`{s}` is not the path of an image: write `dgraph/dgraph`, without registry and tag"))
    },
    "^[a-z0-9._-]+(/[a-z0-9._-]+)*$"
);

text!(
    /// A registry, perhaps with a path: `docker.io/istio`, `localhost:5001`.
    RegistryHost,
    |s| if !s.contains('@') && format!("{s}/x").parse::<crate::Image>().is_ok() {
        Ok(())
    } else {
        Err(format!("`{s}` is not a registry: write `docker.io/istio` or `localhost:5001`, without a scheme"))
    },
    "^[A-Za-z0-9.:/_-]+$"
);

text!(
    /// A context of kubectl's configuration.
    KubeContext,
    |s| {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.:/@".contains(&b);
        if (1..=253).contains(&s.len()) && s.bytes().all(legal) && !s.starts_with('-') {
            Ok(())
        } else {
            Err(format!("`{s}` is not a context: use letters, digits and `-_.:/@`, not `-` first"))
        }
    },
    "^[A-Za-z0-9_.:/@][A-Za-z0-9_.:/@-]{0,252}$"
);

text!(
    /// The exact version of a chart.
    ChartVersion,
    |s| {
        let core = s.split(['-', '+']).next().unwrap_or_default();
        if is_version(s) && matches!(numbers(core).as_deref(), Some([_, _, _])) {
            Ok(())
        } else {
            Err(format!("`{s}` is not the exact version of a chart: write `24.1.4`; a range would be another chart tomorrow"))
        }
    },
    "^[0-9]+\\.[0-9]+\\.[0-9]+([-+][A-Za-z0-9.+-]+)?$"
);

text!(
    /// The name of a chart in its repository.
    ChartName,
    |s| {
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if (1..=250).contains(&s.len()) && s.bytes().all(legal) && s.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            Ok(())
        } else {
            Err(format!("`{s}` is not the name of a chart: use letters, digits, `-`, `_` and `.`; the repository stands under `repository`"))
        }
    },
    "^[A-Za-z0-9][A-Za-z0-9._-]*$"
);

text!(
    /// Where a repository of charts is: `https://`, `http://` or `oci://`, without a password in it.
    RepositoryUrl,
    |s| {
        let rest = ["https://", "http://", "oci://"].iter().find_map(|scheme| s.strip_prefix(scheme));
        if rest.is_some_and(is_url_rest) {
            Ok(())
        } else {
            // Not echoed: it may hold a password.
            Err("this is not the URL of a repository: write `https://charts.example.com` or `oci://registry.example.com/charts`; a login belongs to `helm registry login`".to_owned())
        }
    },
    "^(https?|oci)://[A-Za-z0-9._~:/-]+$"
);

text!(
    /// Where browsers find a program.
    Url,
    |s| {
        let rest = ["https://", "http://"].iter().find_map(|scheme| s.strip_prefix(scheme));
        if rest.is_some_and(is_url_rest) {
            Ok(())
        } else {
            Err(format!("`{s}` is not the URL of a page: write `https://grafana.example.com`"))
        }
    },
    "^https?://[A-Za-z0-9._~:/-]+$"
);

text!(
    /// A span of time, such as `10s`, `1h30m` or `15d`.
    Duration,
    |s| if is_duration(s) {
        Ok(())
    } else {
        Err(format!("`{s}` is not a duration: write `10s`, `1h30m` or `15d`"))
    },
    "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d|w|y))+$"
);

text!(
    /// A revision of the Istio add-on of AKS, such as `asm-1-30`.
    AsmRevision,
    |s| if asm(s).is_some() {
        Ok(())
    } else {
        Err(format!("`{s}` is not a revision of the add-on: write `asm-1-30`; `az aks mesh get-revisions` lists them"))
    },
    "^asm-1-[0-9]{2}$"
);

text!(
    /// An address, a block, a range `a:b` or a host name that may administrate Dgraph.
    ///
    /// Source: Dgraph `x/x.go`, `getIPsFromString`. No comma and no semicolon: they would begin another entry or
    /// another flag.
    WhitelistEntry,
    |s| {
        let legal = |b: u8| b.is_ascii_alphanumeric() || b".:/_-".contains(&b);
        if !s.is_empty() && s.len() <= 253 && s.bytes().all(legal) {
            Ok(())
        } else {
            Err(format!("`{s}` is not an address, a block, a range `a:b` or a host name"))
        }
    },
    "^[A-Za-z0-9.:/_-]+$"
);

impl KubernetesVersion {
    /// The number after the first dot.
    pub fn minor(&self) -> u32 {
        numbers(self.as_str()).and_then(|n| n.get(1).copied()).unwrap_or_default()
    }
}

impl crate::IstioVersion {
    /// The number after the first dot.
    pub fn minor(&self) -> u32 {
        numbers(self.as_str()).and_then(|n| n.get(1).copied()).unwrap_or_default()
    }
}

impl ChartVersion {
    /// The first number.
    pub fn major(&self) -> u32 {
        self.as_str().split('.').next().and_then(|n| n.parse().ok()).unwrap_or_default()
    }
}

impl AsmRevision {
    /// The minor version of Istio.
    pub fn minor(&self) -> u32 {
        asm(self.as_str()).unwrap_or_default()
    }

    /// The version of Istio; the patch is AKS's choice.
    pub fn istio_version(&self) -> String {
        format!("1.{}", self.minor())
    }
}

fn asm(s: &str) -> Option<u32> {
    let minor = s.strip_prefix("asm-1-")?;
    (minor.len() == 2 && minor.bytes().all(|b| b.is_ascii_digit())).then(|| minor.parse().ok())?
}

fn is_lower_or_digit(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

fn is_version(s: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'_' | b'-');
    (1..=128).contains(&s.len()) && s.bytes().all(legal) && s.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// Numbers with dots between.
fn numbers(s: &str) -> Option<Vec<u32>> {
    let number = |n: &str| {
        let plain = !n.is_empty() && n.len() <= 6 && n.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| n.parse().ok())?
    };
    s.split('.').map(number).collect()
}

/// A host, perhaps with a port and a path.
fn is_url_rest(s: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/".contains(&b);
    s.len() <= 500 && s.starts_with(|c: char| c.is_ascii_alphanumeric()) && s.bytes().all(legal)
}

fn is_duration(s: &str) -> bool {
    let mut rest = s;
    while !rest.is_empty() {
        let after = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = rest.strip_suffix(after).unwrap_or_default();
        if !number.starts_with(|c: char| c.is_ascii_digit())
            || number.ends_with('.')
            || number.matches('.').count() > 1
        {
            return false;
        }
        let Some(left) =
            ["ms", "s", "m", "h", "d", "w", "y"].iter().find_map(|unit| after.strip_prefix(unit))
        else {
            return false;
        };
        rest = left;
    }
    !s.is_empty()
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

    /// What a shell, a template, YAML or a terminal would take for something else.
    const HOSTILE: [&str; 12] =
        ["", "a b", "$(x)", "`x`", "a\nb", "{{ x }}", "a'b", "a\"b", "a;b", "-x", "a\u{85}b", "\u{1b}[0m"];

    #[test]
    fn no_name_can_be_anything_but_a_name() {
        check::<AzureLocation>(&["westus2"], &HOSTILE);
        check::<ResourceGroup>(&["netpolmesh-test", "_a.b"], &HOSTILE);
        check::<RegistryName>(&["netpolmeshtest"], &HOSTILE);
        check::<VmSize>(&["Standard_D4s_v5"], &HOSTILE);
        check::<VersionText>(&["3.32.2", "v1"], &HOSTILE);
        check::<ImageTag>(&["v24.1.9"], &HOSTILE);
        check::<ImagePath>(&["dgraph/dgraph"], &HOSTILE);
        check::<RegistryHost>(&["docker.io/istio", "localhost:5001", "docker.io"], &HOSTILE);
        check::<KubeContext>(&["kind-x", "arn:aws:eks:eu-west-1:1:cluster/x"], &HOSTILE);
        check::<ChartName>(&["dgraph", "ingress-nginx"], &HOSTILE);
        check::<RepositoryUrl>(
            &["https://charts.dgraph.io", "http://127.0.0.1:8879", "oci://ghcr.io/istio/release/charts"],
            &["ftp://x", "https://", "https://user:pw@x", "https://x/{{y}}", "charts.dgraph.io"],
        );
        check::<WhitelistEntry>(
            &["0.0.0.0/0", "10.0.0.1:10.0.0.9", "::1", "host_a.example"],
            &["", "a,b", "a;token=x", "a b", "{{x}}"],
        );
    }

    #[test]
    fn a_registry_of_azure_has_no_dash() {
        check::<RegistryName>(&[], &["net-pol", "Netpol", "abcd", &"a".repeat(51)]);
    }

    #[test]
    fn the_version_of_a_chart_is_exact() {
        check::<ChartVersion>(
            &["24.1.4", "25.3.1-preview2", "0.0.17"],
            &["24.1", "^24.1.4", ">=1.0.0", "latest", "1.2.x"],
        );
        assert_eq!("25.3.1-preview2".parse::<ChartVersion>().unwrap().major(), 25);
    }

    #[test]
    fn versions_of_kubernetes_begin_with_one() {
        check::<KubernetesVersion>(&["1.36", "1.36.2"], &["1", "2.0", "v1.36", "1.36.2.1", "1.x"]);
    }

    #[test]
    fn durations_have_units() {
        check::<Duration>(&["10s", "1h30m", "15d", "0.5s", "100ms"], &["10", "s", "1.s", "1 s", "10x"]);
    }

    #[test]
    fn revisions_of_the_add_on_name_a_minor_version() {
        check::<AsmRevision>(&["asm-1-30"], &["1-30", "asm-1-3", "asm-1-30x", "asm-2-30"]);
    }
}
