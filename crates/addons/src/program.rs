//! The programs that addons run.

use std::fmt;

/// A program that an addon runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// Prometheus.
    Prometheus,
    /// Grafana.
    Grafana,
    /// Jaeger.
    Jaeger,
    /// Kiali.
    Kiali,
    /// Loki.
    Loki,
    /// Zipkin.
    Zipkin,
}

impl Program {
    /// All programs, in the order in which they are applied.
    pub const ALL: [Program; 6] = [
        Program::Prometheus,
        Program::Grafana,
        Program::Jaeger,
        Program::Kiali,
        Program::Loki,
        Program::Zipkin,
    ];

    /// Its name in objects.
    pub fn name(self) -> &'static str {
        match self {
            Program::Prometheus => "prometheus",
            Program::Grafana => "grafana",
            Program::Jaeger => "jaeger",
            Program::Kiali => "kiali",
            Program::Loki => "loki",
            Program::Zipkin => "zipkin",
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
