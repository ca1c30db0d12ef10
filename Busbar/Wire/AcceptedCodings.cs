namespace Busbar.Wire;

/// <summary>Reads an <c>Accept-Encoding</c> header.</summary>
internal static class AcceptedCodings
{
    /// <summary>Whether <paramref name="header"/> names <paramref name="coding"/>, and not as one that is refused.</summary>
    public static bool Has(string header, string coding) => header.Split(',').Any(part =>
        part.Split(';') is [var name, .. var weight] && name.Trim().Equals(coding, StringComparison.OrdinalIgnoreCase)
        && !weight.Any(value => value.Trim() is "q=0" or "q=0.0" or "q=0.00" or "q=0.000"));
}
