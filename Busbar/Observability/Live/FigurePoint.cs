namespace Busbar.Observability.Live;

/// <summary>What happened within a second or a minute.</summary>
/// <param name="At">Its beginning, epoch second.</param>
/// <param name="Ok">Requests that went well.</param>
/// <param name="ClientErrors">Requests that failed by their client's doing.</param>
/// <param name="Exhausted">Requests that no lane could serve.</param>
/// <param name="Errors">Requests that failed otherwise.</param>
/// <param name="Failovers">Moves to another lane.</param>
/// <param name="InFlight">Requests being served at its end; the most of them for a minute.</param>
internal readonly record struct FigurePoint(long At, int Ok, int ClientErrors, int Exhausted, int Errors, int Failovers, int InFlight)
{
    /// <summary>Both together, at the time of <paramref name="left"/>.</summary>
    public static FigurePoint operator +(in FigurePoint left, in FigurePoint right) => new(
        left.At,
        left.Ok + right.Ok,
        left.ClientErrors + right.ClientErrors,
        left.Exhausted + right.Exhausted,
        left.Errors + right.Errors,
        left.Failovers + right.Failovers,
        Math.Max(left.InFlight, right.InFlight));
}
