//! MG023: what AKS retires.

use meshgen_findings::{Hit, Rule, Severity};
use meshgen_spec::{Cluster, Spec};

use super::in_spec;

pub(super) const RULE: Rule = Rule {
    code: "MG023",
    slug: "aks-retired",
    title: "a version of Kubernetes that AKS no longer supports, or soon will not",
    severity: Severity::Warning,
    why: "AKS supports a minor version of Kubernetes for about a year after it is generally available; a cluster on an \
          older one gets no patches, and is upgraded whether that fits or not. (Settings that AKS has retired, such as \
          `kubenet` or the `basic` load balancer, are refused when a spec is read.)",
    way_out: "Choose a later minor version for `cluster.aks.kubernetes`, or leave it out: then it is the one that Azure \
              has as its default.",
    sources: &["https://learn.microsoft.com/azure/aks/supported-kubernetes-versions"],
};

/// Minor versions of Kubernetes 1 that AKS has in its calendar, each with the month in which its support ends. Older ones
/// have none left but long-term support.
const ENDS: [(u32, &str); 3] = [(34, "2026-11"), (35, "2027-03"), (36, "2027-06")];

/// The oldest minor version that is not called old here: its support lasts beyond the year of this table.
const OLDEST: u32 = 35;

pub(super) fn find(spec: &Spec) -> Vec<Hit> {
    let Cluster::Aks(aks) = &spec.cluster else { return Vec::new() };
    let Some(version) = &aks.kubernetes else { return Vec::new() };
    let text = version.to_string();
    let minor = text.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    let Some(minor) = minor.filter(|minor| *minor < OLDEST) else { return Vec::new() };
    let end = ENDS.iter().find(|(known, _)| *known == minor);
    let until = end.map_or("is over".to_owned(), |(_, month)| format!("ends in {month}"));
    let latest = ENDS.iter().map(|(minor, _)| *minor).max().unwrap_or(OLDEST);
    let said = format!("the support of AKS for Kubernetes `{text}` {until}");
    vec![in_spec(version.place, said, format!("use `1.{latest}`, or leave it out"))]
}
