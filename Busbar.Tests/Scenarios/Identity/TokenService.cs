using System.Globalization;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Identity;

/// <summary>A token or metadata service on loopback that gives numbered credentials, or what a script says.</summary>
internal sealed class TokenService : IAsyncDisposable
{
    private readonly ScriptedUpstream _server = ScriptedUpstream.Start();
    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-identity-").FullName;
    private int _given;

    public TokenService() => _server.Always = call => Answer(call, Interlocked.Increment(ref _given));

    /// <summary>How it answers a call, with the call's number.</summary>
    public Func<UpstreamCall, int, Task> Answer { get; set; } = (call, number) => call.AnswerAsync(200, Role(number));

    /// <summary>Its address.</summary>
    public string Address => $"http://127.0.0.1:{_server.Port}";

    /// <summary>The requests so far.</summary>
    public IReadOnlyList<UpstreamRequest> Requests => _server.Requests;

    /// <summary>A home directory without credentials.</summary>
    public string Home => _directory;

    /// <summary>Variables that leave nothing to find on the machine of the tests but what is added.</summary>
    public Dictionary<string, string> Variables(params (string Name, string Value)[] more)
    {
        var variables = new Dictionary<string, string>
        {
            ["HOME"] = _directory,
            ["AWS_ENDPOINT_URL_STS"] = Address,
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AZURE_AUTHORITY_HOST"] = Address,
            ["NO_GCE_CHECK"] = "true",
        };
        foreach ((string name, string value) in more)
        {
            variables[name] = value;
        }

        return variables;
    }

    /// <summary>Writes a file and returns its path.</summary>
    public string Write(string name, string text)
    {
        string path = Path.Combine(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>
    /// Waits for the first credential, which a metadata service that this machine's load keeps silent for long gives on a later attempt.
    /// </summary>
    public static Task ReadyAsync(Scene scene) =>
        Eventually.TrueAsync(() => scene.Gateway.StandardError.Contains(": a credential from ", StringComparison.Ordinal), "a credential");

    /// <summary>The answer of AWS's token service.</summary>
    public static string Role(int number, TimeSpan? life = null) =>
        $"""
        <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
          <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/busbar</Arn><AssumedRoleId>AROA:busbar</AssumedRoleId></AssumedRoleUser>
          <Credentials><AccessKeyId>ASIA{number}</AccessKeyId><SecretAccessKey>canary-role-secret-{number}</SecretAccessKey>
          <SessionToken>canary-session-{number}</SessionToken><Expiration>{Moment(life)}</Expiration></Credentials>
        </AssumeRoleResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>
        """;

    /// <summary>The answer of an instance or a container.</summary>
    public static string Keys(int number, TimeSpan? life = null) =>
        $$"""{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIA{{number}}","SecretAccessKey":"canary-role-secret-{{number}}","Token":"canary""" +
            $$"""-session-{{number}}","Expiration":"{{Moment(life)}}"}""";

    /// <summary>The answer of a token endpoint of OAuth.</summary>
    public static string Token(int number, int life = 3599)
        => $$"""{"access_token":"canary-token-{{number}}","expires_in":{{life}},"token_type":"Bearer"}""";

    /// <summary>A moment so long from now.</summary>
    public static string Moment(TimeSpan? life = null) =>
        (DateTime.UtcNow + (life ?? TimeSpan.FromHours(1))).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>The fields of a form.</summary>
    public static Dictionary<string, string> Form(UpstreamRequest request) =>
        request.Text.Split('&').Select(field => field.Split('=')).ToDictionary(parts => Decode(parts[0]), parts => Decode(parts[1]));

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
