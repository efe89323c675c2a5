//! Specs and clusters of any size, for the benchmarks.
//!
//! Text is put together by hand here, so that nothing that is measured takes part in making its input.

mod cluster;

use std::fmt::Write;

pub use cluster::Cluster;

/// What a large spec is large in: each finds another thing that may not grow linearly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Many namespaces with a workload each, called by the one of the namespace before: a Namespace, two
    /// `NetworkPolicies`, a `ServiceAccount`, a Service and a Deployment in each.
    Spread,
    /// The same under zero trust: a mesh, identities, and nothing goes out that is not permitted.
    Meshed,
    /// As many workloads in a single namespace.
    Crowded,
}

impl Shape {
    /// All shapes.
    pub const ALL: [Shape; 3] = [Shape::Spread, Shape::Meshed, Shape::Crowded];

    /// The shape that is called so.
    pub fn from_name(name: &str) -> Option<Shape> {
        Shape::ALL.into_iter().find(|shape| shape.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Spread => "spread",
            Shape::Meshed => "meshed",
            Shape::Crowded => "crowded",
        }
    }

    /// A spec of this shape with `count` workloads, and as many namespaces unless it is crowded.
    pub fn spec(self, count: usize) -> String {
        let mut spec = self.head().to_owned();
        let namespace = |i: usize| match self {
            Shape::Spread | Shape::Meshed => format!("team-{i}"),
            Shape::Crowded => "team".to_owned(),
        };
        let namespaces = if self == Shape::Crowded { 1.min(count) } else { count };
        section(&mut spec, "namespaces", namespaces, |i| {
            format!("  {}:\n    labels: {{ tier: backend }}\n", namespace(i))
        });
        section(&mut spec, "workloads", count, |i| workload(&namespace(i), i));
        section(&mut spec, "policies", count, |i| {
            let caller = i.checked_sub(1).unwrap_or(count - 1);
            let from = match self {
                Shape::Spread => format!("from: [{}/web-{caller}]", namespace(caller)),
                // One is enough: what each such rule gives grows with the number of namespaces by its nature.
                Shape::Meshed if i == 0 => "fromNamespaces: meshed".to_owned(),
                Shape::Meshed | Shape::Crowded => {
                    format!("from: [{}/web-{caller}], methods: [GET]", namespace(caller))
                }
            };
            format!(
                "  {}/web-{i}:\n    name: callers-of-web-{i}\n    allow: [{{ {from}, ports: [http] }}]\n",
                namespace(i)
            )
        });
        spec
    }

    fn head(self) -> &'static str {
        match self {
            Shape::Spread => {
                "meshgen: v1
project: large
cluster: { existing: { networkPolicy: calico } }
security: { deny: [ingress] }
"
            }
            Shape::Meshed | Shape::Crowded => {
                "meshgen: v1
project: large
cluster: { existing: { networkPolicy: calico } }
istio: { existing: { version: \"1.31\" } }
security:
  mtls: STRICT
  deny: [ingress, egress]
  enforce: [NetworkPolicy, AuthorizationPolicy]
"
            }
        }
    }
}

/// A section with `count` entries.
fn section(spec: &mut String, name: &str, count: usize, entry: impl Fn(usize) -> String) {
    // Writing to a `String` does not fail.
    let _ = write!(spec, "\n{name}:{}\n", if count == 0 { " {}" } else { "" });
    (0..count).for_each(|i| spec.push_str(&entry(i)));
}

fn workload(namespace: &str, i: usize) -> String {
    format!(
        "  {namespace}/web-{i}:
    image: registry.example.com/acme/web:2.4.{patch}
    replicas: 2
    ports: {{ http: 8080 }}
    health: /ready
    env: {{ LOG_LEVEL: info, GREETING: \"hello, {i}\" }}
    resources:
      requests: {{ cpu: 100m, memory: 64Mi }}
      limits: {{ memory: 128Mi }}
",
        patch = i % 7
    )
}

#[cfg(test)]
mod tests {
    use meshgen::{Input, read};

    use super::*;

    fn objects(shape: Shape, count: usize) -> usize {
        let project = read(vec![Input::File("large.yaml".to_owned(), shape.spec(count))]);
        assert_eq!(project.problems, []);
        project.bundle.unwrap().objects().count()
    }

    #[test]
    fn each_shape_is_a_spec_without_problems() {
        assert_eq!(objects(Shape::Spread, 30), 30 * 6);
        for shape in Shape::ALL {
            objects(shape, 0);
            objects(shape, 1);
            objects(shape, 30);
        }
    }

    #[test]
    fn a_shape_is_known_by_its_name() {
        assert!(Shape::ALL.into_iter().all(|shape| Shape::from_name(shape.name()) == Some(shape)));
    }
}
