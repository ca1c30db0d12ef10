namespace Busbar.Observability.Metrics;

/// <summary>Where <c>/metrics</c> reads the figures of governance.</summary>
internal interface IGovernanceFigures
{
    /// <summary>A reading, with at most <paramref name="maxKeys"/> keys.</summary>
    GovernanceFigures Read(int maxKeys);
}
