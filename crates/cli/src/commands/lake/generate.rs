//! `relift lake generate`.

use clap::Args;
use relift_job::EffectiveDate;
use relift_migration::{LakeRequest, Migration};
use relift_platform::lake::{LakeSize, LakeSummary};

use crate::commands::parse_date;

/// Same seed and size, same data. Partitions that are there are left alone.
#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// Seed of the data.
    #[arg(long)]
    seed: Option<u64>,
    /// Times the size of the demonstration, fractions allowed [default: 1].
    ///
    /// Customers, orders and what happens to them grow with it; products, suppliers, warehouses and
    /// employees do not.
    #[arg(long, value_name = "N")]
    scale: Option<f64>,
    /// Size by the number of customers per daily snapshot; the demonstration has 2,000.
    #[arg(long, value_name = "N", conflicts_with = "scale")]
    customers: Option<u32>,
    /// Size by the number of order lines over all dates, about.
    #[arg(long, value_name = "N", conflicts_with_all = ["scale", "customers"])]
    order_lines: Option<u64>,
    /// First date [default: the workspace's].
    #[arg(long, alias = "start", value_name = "YYYY-MM-DD", value_parser = parse_date)]
    from: Option<EffectiveDate>,
    /// Last date [default: the workspace's].
    #[arg(long, alias = "end", value_name = "YYYY-MM-DD", value_parser = parse_date)]
    to: Option<EffectiveDate>,
    /// Tables to generate, with commas between them [default: all].
    #[arg(long, value_name = "TABLE", value_delimiter = ',')]
    tables: Vec<String>,
}

impl Generate {
    pub(crate) fn fill(&self, migration: &Migration<'_>) -> anyhow::Result<LakeSummary> {
        Ok(migration.fill_lake(&self.request())?)
    }

    fn request(&self) -> LakeRequest {
        let size = match (self.scale, self.customers, self.order_lines) {
            (Some(scale), ..) => LakeSize::Scale(scale),
            (None, Some(customers), _) => LakeSize::Customers(customers),
            (None, None, Some(lines)) => LakeSize::OrderLines(lines),
            (None, None, None) => LakeSize::Demo,
        };
        LakeRequest {
            seed: self.seed,
            size,
            first: self.from,
            last: self.to,
            tables: self.tables.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        generate: Generate,
    }

    fn asked(words: &[&str]) -> Result<LakeRequest, String> {
        let line = [&["generate"], words].concat();
        Line::try_parse_from(line)
            .map(|line| line.generate.request())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn options_are_those_of_the_request() {
        assert_eq!(asked(&[]), Ok(LakeRequest::default()));
        let all = [
            "--scale",
            "0.5",
            "--from",
            "2024-10-02",
            "--end",
            "2024-10-03",
        ];
        let request =
            asked(&[&all[..], &["--tables", "orders,order_lines", "--seed", "4"]].concat())
                .expect("a request");
        assert_eq!(request.size, LakeSize::Scale(0.5));
        assert_eq!(request.seed, Some(4));
        assert_eq!(request.first, EffectiveDate::parse("2024-10-02"));
        assert_eq!(request.last, EffectiveDate::parse("2024-10-03"));
        assert_eq!(request.tables, ["orders", "order_lines"]);
        let lines = asked(&["--order-lines", "10000000"]).expect("a request");
        assert_eq!(lines.size, LakeSize::OrderLines(10_000_000));

        let twice = asked(&["--scale", "2", "--customers", "7"]).expect_err("two sizes");
        assert!(twice.contains("--scale"), "{twice}");
        assert!(asked(&["--to", "yesterday"]).is_err());
    }
}
