using System.Diagnostics.Metrics;

namespace Busbar.Observability.Metrics;

/// <summary>A metric with its series as of one moment; histograms aside.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Help">One sentence.</param>
/// <param name="IsTotal">Whether it only rises.</param>
/// <param name="Points">Value and labels of each series.</param>
internal sealed record Figure(string Name, string Help, bool IsTotal, IReadOnlyList<Measurement<double>> Points)
{
    /// <summary>A metric of one series without labels; one whose name ends in <c>_total</c> only rises.</summary>
    public static Figure Single(string name, string help, double value)
        => new(name, help, name.EndsWith("_total", StringComparison.Ordinal), [new Measurement<double>(value)]);
}
