//! YAML that `kubectl apply` does not take: the input of other tools. Plain values, as objects are.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Value, istio_operator::IstioOperator};

/// A document for a tool other than kubectl, or for a kind of object that is applied by a script.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// For `istioctl install --filename`.
    IstioOperator(Box<IstioOperator>),
    /// A state file of helmfile.
    Helmfile(Helmfile),
    /// `Chart.yaml`.
    Chart(Chart),
    /// Values of a chart, or any other document.
    Value(Value),
}

impl Serialize for Data {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Data::IstioOperator(d) => d.serialize(serializer),
            Data::Helmfile(d) => d.serialize(serializer),
            Data::Chart(d) => d.serialize(serializer),
            Data::Value(d) => d.serialize(serializer),
        }
    }
}

/// A state file of helmfile 1.x. Its name does not end in `.gotmpl`, so that it is read as it stands.
///
/// helmfile still renders some strings of it after reading (`name`, `chart`, `namespace`, `version`, `needs`,
/// paths of `values`): none of them can hold `{{`, by their types in the spec.
/// Source: helmfile `pkg/state/release.go`, `ExecuteTemplateExpressions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Helmfile {
    /// Where charts come from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<Repository>,
    /// What is installed.
    pub releases: Vec<Release>,
}

/// A repository of charts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Repository {
    /// The name by which releases refer to it.
    pub name: String,
    /// The URL; without `oci://` where `oci` is set.
    pub url: String,
    /// It is a registry.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub oci: bool,
}

/// A release of a [`Helmfile`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// `repository/chart`, or a path seen from the state file.
    pub chart: String,
    /// The exact version of the chart; none for one in the tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Releases that come first, `namespace/name`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Whether helm makes the namespace. It would make it without labels.
    pub create_namespace: bool,
    /// Files of values, seen from the state file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
}

/// `Chart.yaml` of Helm.
///
/// Source: <https://helm.sh/docs/topics/charts/#the-chartyaml-file>.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Chart {
    /// `v2` since Helm 3.
    pub api_version: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// `application` or `library`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its own version.
    pub version: String,
    /// The version of what it installs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// Notes for people and programs.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}
