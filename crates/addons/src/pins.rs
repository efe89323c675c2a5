//! The images of each addon, one row for each patch release of Istio.
//!
//! Source: `samples/addons` of `istio/istio`, branch release-1.31 as of 2026-08-20, and the release notes of
//! 1.31.1 (Kiali 2.31.0) and 1.30.1 (Kiali 2.26.0), after which no patch release of 1.30 up to 1.30.5 names an
//! addon. Of 1.30 only Kiali's and Prometheus' versions are known; what is not known is `None`, not guessed.

use crate::{Error, IstioVersion, Program};

/// Images of one release of Istio.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pins {
    pub(crate) prometheus: Option<Prometheus>,
    pub(crate) grafana: Option<Image>,
    pub(crate) jaeger: Option<Image>,
    pub(crate) kiali: Option<Image>,
    pub(crate) loki: Option<Loki>,
    pub(crate) zipkin: Option<Image>,
}

/// The images of Prometheus' pod.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prometheus {
    pub(crate) server: Image,
    pub(crate) reloader: Image,
}

/// The images of Loki's pod.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loki {
    pub(crate) server: Image,
    pub(crate) rules: Image,
}

/// An image of a registry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Image {
    pub(crate) repository: &'static str,
    pub(crate) tag: &'static str,
}

impl Image {
    pub(crate) fn reference(self) -> String {
        format!("{}:{}", self.repository, self.tag)
    }
}

/// It was never released with another tag. Source: istio release-1.10, `samples/addons/prometheus_vm.yaml`.
pub(crate) const VM_DISCOVERY: Image =
    Image { repository: "docker.io/istioecosystem/vm-discovery", tag: "latest" };

const fn kiali(tag: &'static str) -> Image {
    Image { repository: "quay.io/kiali/kiali", tag }
}

const PROMETHEUS: Prometheus = Prometheus {
    server: Image { repository: "docker.io/prom/prometheus", tag: "v3.10.0" },
    reloader: Image { repository: "ghcr.io/prometheus-operator/prometheus-config-reloader", tag: "v0.89.0" },
};

const V1_31: Pins = Pins {
    prometheus: Some(PROMETHEUS),
    grafana: Some(Image { repository: "docker.io/grafana/grafana", tag: "12.0.1" }),
    jaeger: Some(Image { repository: "docker.io/jaegertracing/jaeger", tag: "2.17.0" }),
    kiali: Some(kiali("v2.27")),
    loki: Some(Loki {
        server: Image { repository: "docker.io/grafana/loki", tag: "3.6.7" },
        rules: Image { repository: "docker.io/kiwigrid/k8s-sidecar", tag: "2.5.0" },
    }),
    zipkin: Some(Image { repository: "docker.io/openzipkin/zipkin-slim", tag: "3.4.0" }),
};

/// The reloader is that of the chart which has this Prometheus; Grafana is the same in 1.28 and in 1.31.
const V1_30: Pins = Pins { jaeger: None, kiali: Some(kiali("v2.26")), loki: None, zipkin: None, ..V1_31 };

/// Newest first.
const ROWS: [(&str, Pins); 7] = [
    ("1.31.1", Pins { kiali: Some(kiali("v2.31")), ..V1_31 }),
    ("1.31.0", V1_31),
    ("1.30.5", V1_30),
    ("1.30.4", V1_30),
    ("1.30.3", V1_30),
    ("1.30.2", V1_30),
    ("1.30.1", V1_30),
];

/// The row of a version; a line, such as `1.31`, means its newest row.
pub(crate) fn pins(version: &IstioVersion) -> Result<Pins, Error> {
    let line = format!("{version}.");
    let is_line = version.as_str().split('.').count() == 2;
    ROWS.iter()
        .find(|(row, _)| *row == version.as_str() || (is_line && row.starts_with(&line)))
        .map(|(_, pins)| *pins)
        .ok_or_else(|| Error::UnknownIstio { version: version.clone(), known: known() })
}

/// The versions that have a row, newest first.
pub fn known() -> Vec<&'static str> {
    ROWS.iter().map(|(version, _)| *version).collect()
}

/// The pin of a program, or an error that says that it is not known.
pub(crate) fn pin<T>(pin: Option<T>, program: Program, version: &IstioVersion) -> Result<T, Error> {
    pin.ok_or_else(|| Error::NoImage { program, version: version.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kiali_of(version: &str) -> String {
        pins(&version.parse().unwrap()).map_or_else(|e| e.to_string(), |p| p.kiali.unwrap().reference())
    }

    #[test]
    fn a_line_means_its_newest_release() {
        assert_eq!(kiali_of("1.31"), "quay.io/kiali/kiali:v2.31");
        assert_eq!(kiali_of("1.31.0"), "quay.io/kiali/kiali:v2.27");
        assert_eq!(kiali_of("1.30"), kiali_of("1.30.5"));
    }

    #[test]
    fn an_unknown_release_names_the_known_ones() {
        insta::assert_snapshot!(kiali_of("1.3"), @"the addons of Istio `1.3` are not known: use 1.31.1, 1.31.0, 1.30.5, 1.30.4, 1.30.3, 1.30.2 or 1.30.1");
        insta::assert_snapshot!(kiali_of("1.31.9"), @"the addons of Istio `1.31.9` are not known: use 1.31.1, 1.31.0, 1.30.5, 1.30.4, 1.30.3, 1.30.2 or 1.30.1");
    }
}
