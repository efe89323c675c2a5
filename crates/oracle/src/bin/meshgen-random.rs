//! `meshgen-random SEED`: a random cluster and what the naive judge says of it, for judges that others made.
//! `meshgen-random SEED --mesh large`: a random cluster with a mesh, for a real Istio.
#![expect(clippy::print_stdout, reason = "a command for developers, which prints its result")]

use clap::{Parser, ValueEnum};
use meshgen_oracle::{
    naive::{Cluster, Flow, Peer, Protocol},
    random::{
        self, Choices, Kinds, PORTS,
        mesh::{self, Size},
    },
};
use serde_json::{Value, json};

/// Print a random cluster as JSON: `manifests`, and `answers` for every pair of pods, protocol and port.
#[derive(Parser)]
struct Options {
    /// What it follows from.
    seed: u64,
    /// Which kinds of policies it may have.
    #[arg(long, value_enum, default_value_t = Wanted::Kubernetes)]
    kinds: Wanted,
    /// A cluster with a mesh, of this size, and no answers.
    #[arg(long, value_enum, conflicts_with = "kinds")]
    mesh: Option<Meshed>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Meshed {
    Small,
    Large,
}

#[derive(Clone, Copy, ValueEnum)]
enum Wanted {
    Kubernetes,
    Admin,
    Cluster,
    Calico,
    All,
}

fn main() {
    let options = Options::parse();
    let mut choices = Choices::seeded(options.seed);
    let size = match options.mesh {
        None => None,
        Some(Meshed::Small) => Some(Size::SMALL),
        Some(Meshed::Large) => Some(Size::LARGE),
    };
    if let Some(size) = size {
        println!("{}", json!({"manifests": mesh::cluster(&mut choices, size)}));
        return;
    }
    let kinds = match options.kinds {
        Wanted::Kubernetes => Kinds::Kubernetes,
        Wanted::Admin => Kinds::Admin,
        Wanted::Cluster => Kinds::Cluster,
        Wanted::Calico => Kinds::Calico,
        Wanted::All => Kinds::All,
    };
    let manifests = random::cluster(&mut choices, kinds);
    println!("{}", json!({"answers": answers(&Cluster::read(&manifests)), "manifests": manifests}));
}

/// What becomes of each connection between two pods, and between a pod and the outside.
fn answers(cluster: &Cluster) -> Vec<Value> {
    let pods = cluster.pods.iter().map(|p| (format!("{}/{}", p.namespace, p.name), Peer::Pod(p)));
    let outside = random::outside().into_iter().map(|a| (a.to_string(), Peer::Address(a)));
    let ends: Vec<(String, Peer<'_>)> = pods.chain(outside).collect();
    let mut all = Vec::new();
    for (from, source) in &ends {
        for (to, destination) in &ends {
            let outside = matches!((source, destination), (Peer::Address(_), Peer::Address(_)));
            if from == to || outside {
                continue;
            }
            for protocol in Protocol::ALL {
                for port in PORTS {
                    let flow = Flow { source: *source, destination: *destination, protocol, port };
                    let verdict = format!("{:?}", cluster.verdict(&flow)).to_lowercase();
                    all.push(json!({
                        "source": from, "destination": to, "protocol": protocol.name(), "port": port,
                        "verdict": verdict,
                    }));
                }
            }
        }
    }
    all
}
