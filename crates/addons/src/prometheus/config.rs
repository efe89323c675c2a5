//! The configuration of Prometheus, as far as we write it.
//!
//! Source: <https://prometheus.io/docs/prometheus/latest/configuration/configuration/>.

use serde::Serialize;

/// `prometheus.yml`.
#[derive(Serialize)]
pub(super) struct Config {
    pub(super) global: Global,
    pub(super) rule_files: Vec<&'static str>,
    pub(super) scrape_configs: Vec<ScrapeJob>,
}

/// What jobs do when they do not say otherwise. The time-out is left to Prometheus: it must not be longer than the
/// interval, and its default follows that.
#[derive(Serialize)]
pub(super) struct Global {
    pub(super) scrape_interval: String,
    pub(super) evaluation_interval: &'static str,
}

/// What is scraped, and how.
#[derive(Default, Serialize)]
pub(super) struct ScrapeJob {
    pub(super) job_name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scrape_interval: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scrape_timeout: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) metrics_path: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scheme: Option<Scheme>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) authorization: Option<Authorization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tls_config: Option<Tls>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) kubernetes_sd_configs: Vec<Discovery>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) file_sd_configs: Vec<Files>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) static_configs: Vec<Targets>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) relabel_configs: Vec<Relabel>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Scheme {
    Https,
}

/// The bearer token of a file.
#[derive(Serialize)]
pub(super) struct Authorization {
    pub(super) credentials_file: &'static str,
}

#[derive(Serialize)]
pub(super) struct Tls {
    pub(super) ca_file: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cert_file: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key_file: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) insecure_skip_verify: bool,
}

/// What in Kubernetes is looked for.
#[derive(Serialize)]
pub(super) struct Discovery {
    pub(super) role: Role,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Role {
    Node,
    Pod,
    EndpointSlice,
}

#[derive(Serialize)]
pub(super) struct Files {
    pub(super) files: Vec<&'static str>,
}

#[derive(Serialize)]
pub(super) struct Targets {
    pub(super) targets: Vec<&'static str>,
}

/// A step that drops a target or changes its labels. Its expression must match all of the source, whose labels
/// are joined by `;`.
#[derive(Serialize)]
pub(super) struct Relabel {
    pub(super) action: Action,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) source_labels: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) regex: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target_label: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) replacement: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Action {
    Keep,
    Drop,
    Replace,
    LabelMap,
}

impl Relabel {
    fn step(action: Action, from: &[&str], regex: Option<&'static str>) -> Relabel {
        let source_labels = from.iter().map(|label| format!("__meta_{label}")).collect();
        Relabel { action, source_labels, regex, target_label: None, replacement: None }
    }

    /// Keeps targets whose labels match. Labels are given without `__meta_`.
    pub(super) fn keep(from: &[&str], regex: &'static str) -> Relabel {
        Relabel::step(Action::Keep, from, Some(regex))
    }

    /// Drops targets whose label matches.
    pub(super) fn drop(from: &str, regex: &'static str) -> Relabel {
        Relabel::step(Action::Drop, &[from], Some(regex))
    }

    /// Sets a label to the value of another one.
    pub(super) fn copy(from: &str, to: &'static str) -> Relabel {
        Relabel { target_label: Some(to), ..Relabel::step(Action::Replace, &[from], None) }
    }

    /// Sets a label to the value of another one where that matches.
    pub(super) fn copy_if(from: &str, regex: &'static str, to: &'static str) -> Relabel {
        Relabel { target_label: Some(to), ..Relabel::step(Action::Replace, &[from], Some(regex)) }
    }

    /// Sets a label to what other labels give where they match.
    pub(super) fn set_if(
        from: &[&str],
        regex: &'static str,
        replacement: &'static str,
        to: &'static str,
    ) -> Relabel {
        Relabel {
            target_label: Some(to),
            replacement: Some(replacement),
            ..Relabel::step(Action::Replace, from, Some(regex))
        }
    }

    /// Copies the labels whose names match, under the name that the first group of the expression gives.
    pub(super) fn label_map(regex: &'static str) -> Relabel {
        Relabel::step(Action::LabelMap, &[], Some(regex))
    }
}
