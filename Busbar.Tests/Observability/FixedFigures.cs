using Busbar.Observability.Metrics;

namespace Busbar.Tests.Observability;

/// <summary>Figures of governance that are always <paramref name="figures"/>.</summary>
internal sealed class FixedFigures(GovernanceFigures figures) : IGovernanceFigures
{
    /// <inheritdoc/>
    public GovernanceFigures Read(int maxKeys) => figures;
}
