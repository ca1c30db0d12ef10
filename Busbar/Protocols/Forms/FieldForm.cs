using Busbar.Wire.Json;

namespace Busbar.Protocols.Forms;

/// <summary>Which fields a request has beside the conversation, and an answer beside its words. What is left out is as with most vendors.</summary>
internal sealed class FieldForm
{
    /// <summary>Whether a request says how wordy the answer is.</summary>
    public bool HasVerbosity { get; init; }

    /// <summary>Whether a request has a key for the prompt cache.</summary>
    public bool HasCacheKey { get; init; }

    /// <summary>Longest name of the end user, in characters; 0 where there is no place for one.</summary>
    public int MaxUser { get; init; }

    /// <summary>Most characters in the name of an attached pair; 0 where there are none.</summary>
    public int MaxMetadataName { get; init; }

    /// <summary>Most characters in the value of an attached pair.</summary>
    public int MaxMetadataValue { get; init; }

    /// <summary>
    /// Which characters attached pairs consist of, beside letters, digits and white space; null for any. Where there is such a set, names are not
    /// empty either.
    /// </summary>
    public string? MetadataSigns { get; init; }

    /// <summary>The word for the usual service tier; absent where none can be asked for.</summary>
    public JsonText UsualTier { get; init; }

    /// <summary>The words for other service tiers, with a blank between them.</summary>
    public string Tiers { get; init; } = "";

    /// <summary>Whether the form of an answer has a name and a description.</summary>
    public bool HasFormatNames { get; init; } = true;

    /// <summary>Whether the form of an answer goes together with tools.</summary>
    public bool HasFormatWithTools { get; init; } = true;

    /// <summary>Whether JSON can be asked for without a schema.</summary>
    public bool HasPlainJson { get; init; } = true;

    /// <summary>Whether schemas are decoded as Claude does: closed, and without recursion.</summary>
    public bool ClosesSchemas { get; init; }

    /// <summary>Whether what is marked strict must be closed, with all properties required.</summary>
    public bool HasStrictMode { get; init; }

    /// <summary>Where marks of the prompt cache may stand.</summary>
    public CacheForm Cache { get; init; }

    /// <summary>Whether nothing is cached unless that is asked for, so that a wish for it is lost where it has no place.</summary>
    public bool LosesAutoCache { get; init; }

    /// <summary>Whether the events of a stream have probabilities.</summary>
    public bool HasStreamedLogprobs { get; init; } = true;
}
