using Busbar.Ir;
using Busbar.Protocols;

namespace Busbar.Gateway.Routing;

/// <summary>The protocol a path belongs to when no route matched, for errors before any handler runs (control plane, 3.6).</summary>
internal static class PathClassifier
{
    /// <summary>The protocol of <paramref name="path"/>; null when it tells nothing.</summary>
    public static ProtocolId? Classify(ReadOnlySpan<char> path)
    {
        ProtocolId? byVerb = null;
        foreach (Protocol protocol in ProtocolTable.All)
        {
            if (EndsWithAny(path, protocol.PathMarks.Verbs))
            {
                byVerb = protocol.Id;
                break;
            }
        }

        foreach (Protocol protocol in ProtocolTable.All)
        {
            if ((byVerb ?? protocol.Id) == protocol.Id && ContainsAny(path, protocol.PathMarks.Parts))
            {
                return protocol.Id;
            }
        }

        if (path.Contains("/models/", StringComparison.Ordinal))
        {
            return byVerb ?? ProtocolTable.Usual.Id;
        }

        bool isBelowModel = path.Contains("/model/", StringComparison.Ordinal);
        foreach (Protocol protocol in ProtocolTable.All)
        {
            if (EndsWithAny(path, protocol.PathMarks.Tails) || (isBelowModel && EndsWithAny(path, protocol.PathMarks.ModelTails)))
            {
                return protocol.Id;
            }
        }

        return null;
    }

    private static bool ContainsAny(ReadOnlySpan<char> path, string[] parts)
    {
        foreach (string part in parts)
        {
            if (path.Contains(part, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static bool EndsWithAny(ReadOnlySpan<char> path, string[] tails)
    {
        foreach (string tail in tails)
        {
            if (path.EndsWith(tail, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
