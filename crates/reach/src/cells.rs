//! The table of everything that is permitted, as it is: for whoever refines it.

use crate::{AddressRange, Bits, Judge, side::Permitted};

/// What is permitted between classes of ends that no policy of the network tells apart.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// How many classes there are: those of pods first, then those of addresses outside.
    pub classes: u32,
    /// The class of each pod of the cluster.
    pub of_pod: Vec<u32>,
    /// The addresses outside, each range with its class.
    pub outside: Vec<(AddressRange, u32)>,
    /// What is permitted, by number.
    pub values: Vec<Permitted>,
    /// Classes of destinations, with their sources by what is permitted. Sources that are in no set reach nothing.
    pub columns: Vec<(Bits, Vec<(u32, Bits)>)>,
}

impl Judge<'_> {
    /// Everything that is permitted, by classes.
    pub fn cells(&self) -> Cells {
        let table = self.table();
        let (columns, values) = table.columns();
        let classes = &table.classes;
        let outside = (classes.pods()..classes.len()).flat_map(|c| classes.ranges(c).map(move |r| (r, c)));
        Cells {
            classes: classes.len(),
            of_pod: (0..self.cluster().pods.len()).filter_map(|n| classes.of_pod(n)).collect(),
            outside: outside.collect(),
            values,
            columns: columns.into_iter().map(|(column, destinations)| (destinations, column)).collect(),
        }
    }
}
