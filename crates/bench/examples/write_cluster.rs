//! Writes the manifests of a large cluster, so that a whole command can be timed: `write_cluster 1000 10 5 4` for
//! namespaces, and in each of them workloads, network policies and policies of Istio.

use std::io::Write;

use meshgen_bench::Cluster;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<usize> = std::env::args().skip(1).map(|word| word.parse()).collect::<Result<_, _>>()?;
    let &[namespaces, workloads, network, istio] = words.as_slice() else {
        return Err(
            "say how many namespaces, and of workloads, network policies and policies of Istio in each"
                .into(),
        );
    };
    let cluster = Cluster { namespaces, workloads, network, istio };
    Ok(std::io::stdout().lock().write_all(cluster.manifests().as_bytes())?)
}
