//! Dgraph, by its own chart.
//!
//! Source: `dgraph-io/charts`, charts 0.0.17, 24.1.4 and main. What is true of one version only is said where
//! it is used.

mod access;
mod members;
mod parts;

use std::collections::BTreeMap;

use meshgen_yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

pub use access::{AclSecret, DgraphAcl, DgraphToken, Whitelist};
pub use members::Member;
pub use parts::{Alpha, DgraphService, Persistence, Ratel, Zero};

use crate::{ChartVersion, ImagePath, ImageTag, LabelKey, LabelValue, RegistryHost};

/// Dgraph: alpha, which is asked, zero, which keeps order, and ratel, which shows.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Dgraph {
    /// The version of the chart.
    #[serde(default = "Dgraph::default_version")]
    pub version: At<ChartVersion>,
    /// The image.
    #[serde(default)]
    pub image: DgraphImage,
    /// Who may administrate. Behind a sidecar everybody is local, and so on it: `token` or `acl` then help.
    #[serde(default)]
    pub whitelist: Option<At<Whitelist>>,
    /// A word that administrators must know.
    #[serde(default)]
    pub token: Option<DgraphToken>,
    /// Users and groups of Dgraph itself.
    #[serde(default)]
    pub acl: Option<DgraphAcl>,
    /// Labels of all of its pods. Kiali shows `version`.
    #[serde(default)]
    pub pod_labels: BTreeMap<At<LabelKey>, LabelValue>,
    /// alpha.
    #[serde(default)]
    pub alpha: Alpha,
    /// zero.
    #[serde(default)]
    pub zero: Zero,
    /// ratel: off unless said otherwise.
    #[serde(default)]
    pub ratel: Option<Ratel>,
}

impl Dgraph {
    fn default_version() -> At<ChartVersion> {
        #[expect(clippy::unwrap_used, reason = "a constant that a test reads")]
        At::nowhere("24.1.4".parse().unwrap())
    }
}

/// An image, in the parts that the chart has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DgraphImage {
    /// The registry: `docker.io` unless said otherwise.
    #[serde(default)]
    pub registry: Option<RegistryHost>,
    /// The path: `dgraph/dgraph` unless said otherwise.
    #[serde(default)]
    pub repository: Option<ImagePath>,
    /// The version of Dgraph: the chart's own unless said otherwise.
    #[serde(default)]
    pub tag: Option<ImageTag>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_version_of_the_chart_is_one() {
        assert_eq!(Dgraph::default_version().as_str(), "24.1.4");
    }
}
