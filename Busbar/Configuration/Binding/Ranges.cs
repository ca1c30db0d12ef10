namespace Busbar.Configuration.Binding;

/// <summary>Bounds that many settings share.</summary>
internal static class Ranges
{
    /// <summary>Longest time in seconds: what a timer can hold as milliseconds, about 24 days.</summary>
    public const int MaxSeconds = int.MaxValue / 1000;

    /// <summary>Longest time in milliseconds, about 24 days.</summary>
    public const int MaxMilliseconds = int.MaxValue;

    /// <summary>Largest count of anything.</summary>
    public const int MaxItems = int.MaxValue;

    /// <summary>Largest number of tokens, what 32 bits hold.</summary>
    public const long MaxTokens = uint.MaxValue;

    /// <summary>Largest buffer, bytes: 1 GiB.</summary>
    public const int MaxBytes = 1024 * 1024 * 1024;
}
