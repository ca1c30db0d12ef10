using Busbar.Upstream.Credentials;
using Busbar.Upstream.Identity;
using Busbar.Wire;

namespace Busbar.Upstream;

/// <summary>One POST to a provider, ready to be sent by either transport: HTTP/1.1 of our own, or the platform's handler.</summary>
/// <param name="address">Where it goes. Its path is sent as it is spelled.</param>
/// <param name="body">The JSON body. Its memory must stay unchanged until the call has ended and <see cref="IsInFlight"/> is false.</param>
internal sealed class UpstreamRequest(Uri address, in SplicedBody body)
{
    private readonly SplicedBody _body = body;
    private volatile SendState _state;
    private KeyValuePair<string, string>[] _headers = new KeyValuePair<string, string>[8];
    private int _count;

    private enum SendState : byte
    {
        NotBegun,
        InFlight,
        Broken,
        Sent,
    }

    /// <summary>Where it goes.</summary>
    public Uri Address => address;

    /// <summary>The body.</summary>
    public SplicedBody Body => _body;

    /// <summary>
    /// The header lines so far, in order; those of transport and body (<c>Host</c>, <c>Content-Type</c>, <c>Content-Length</c>) are not among them.
    /// </summary>
    public ReadOnlySpan<KeyValuePair<string, string>> Headers => _headers.AsSpan(0, _count);

    /// <summary>Whether a credential of the gateway's own identity is still to be put on it, which may have to be waited for.</summary>
    public bool AwaitsCredential { get; init; }

    /// <summary>The credential of the gateway's own identity that it was sent with; null where it has another, or was not sent yet.</summary>
    public MintedCredential? Credential { get; set; }

    /// <summary>Bytes of the body may still be read by a call that goes on, or goes down, elsewhere: they must not be lent to anyone else.</summary>
    public bool IsInFlight => _state == SendState.InFlight;

    /// <summary>Every byte was written and the body is needed no more; it may be before the call has ended.</summary>
    public bool IsSent => _state == SendState.Sent;

    /// <summary>Whether a header of this name, in any case, was added.</summary>
    public bool Has(string name) => IndexOf(name) >= 0;

    /// <summary>
    /// Adds a header line. False, and nothing is added, when <paramref name="value"/> holds a character that no header may carry: one such value must
    /// not become two lines.
    /// </summary>
    public bool TryAdd(string name, string value)
    {
        if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return false;
        }

        if (_count == _headers.Length)
        {
            Array.Resize(ref _headers, _count * 2);
        }

        _headers[_count++] = new(name, value);
        return true;
    }

    /// <summary>Adds a header line in place of all former ones of that name. False as in <see cref="TryAdd"/>.</summary>
    public bool TrySet(string name, string value)
    {
        for (int index = IndexOf(name); index >= 0; index = IndexOf(name))
        {
            Array.Copy(_headers, index + 1, _headers, index, --_count - index);
        }

        return TryAdd(name, value);
    }

    /// <summary>For transports: from now on bytes of the body are read.</summary>
    public void BeginSending() => _state = SendState.InFlight;

    /// <summary>For transports: no byte of the body is read any more. <paramref name="isWhole"/> when all were written.</summary>
    public void EndSending(bool isWhole) => _state = isWhole ? SendState.Sent : SendState.Broken;

    private int IndexOf(string name)
    {
        for (int index = 0; index < _count; index++)
        {
            if (_headers[index].Key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return index;
            }
        }

        return -1;
    }
}
