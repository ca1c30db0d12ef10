using Busbar.Ir;
using Busbar.Protocols;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.Routing;

/// <summary>The protocol a client speaks, as its credentials and headers give it away, for paths that say nothing.</summary>
internal static class ClientHints
{
    /// <summary>The protocol; null when nothing tells.</summary>
    public static ProtocolId? Of(IHeaderDictionary headers, ReadOnlySpan<char> query)
    {
        foreach (Protocol protocol in ProtocolTable.All)
        {
            if (protocol.ClientMarks.Scheme is { } scheme && headers.Authorization is [{ } authorization]
                && authorization.StartsWith(scheme, StringComparison.Ordinal))
            {
                return protocol.Id;
            }
        }

        if (Marked(headers, query) is { } marked)
        {
            return marked;
        }

        foreach (Protocol protocol in ProtocolTable.All)
        {
            if (protocol.ClientMarks.WeakHeader is { } weak && headers.ContainsKey(weak))
            {
                return protocol.Id;
            }
        }

        return null;
    }

    /// <summary>The same on the paths of lists of models, which several vendors share.</summary>
    public static ProtocolId? OfList(IHeaderDictionary headers, ReadOnlySpan<char> query)
    {
        if (Marked(headers, query) is { } marked)
        {
            return marked;
        }

        foreach (Protocol protocol in ProtocolTable.All)
        {
            ClientMarks marks = protocol.ClientMarks;
            if (marks.SdkHeader is { } header && headers[header] is [{ } name] && name.StartsWith(marks.SdkName, StringComparison.OrdinalIgnoreCase))
            {
                return protocol.Id;
            }
        }

        return null;
    }

    private static ProtocolId? Marked(IHeaderDictionary headers, ReadOnlySpan<char> query)
    {
        foreach (Protocol protocol in ProtocolTable.All)
        {
            ClientMarks marks = protocol.ClientMarks;
            foreach (string header in marks.Headers)
            {
                if (headers.ContainsKey(header))
                {
                    return protocol.Id;
                }
            }

            if (marks.KeyQuery is { } key && QueryValue.Of(query, key).Length > 0)
            {
                return protocol.Id;
            }
        }

        return null;
    }
}
