using System.Globalization;

namespace Busbar.Wire;

/// <summary>
/// A body has more of something than is translated. Thrown from the depth of readers and writers, which cannot go on; caught where a translation
/// begins.
/// </summary>
/// <param name="what">What there are too many of, with the limit where it is a number.</param>
internal sealed class AllowanceException(string what) : Exception($"too many {what}")
{
    /// <summary>One of more than <paramref name="max"/> things that are called <paramref name="what"/>.</summary>
    public AllowanceException(string what, int max)
        : this(string.Create(CultureInfo.InvariantCulture, $"{what}: at most {max:N0} are allowed"))
    {
    }
}
