namespace Busbar.Configuration.Binding.Keys;

internal static partial class ConfigKeys
{
    /// <summary>An issuer of tokens.</summary>
    public static readonly KeySet Jwt = new(
        "auth.jwt[]",
        new("issuer", KeyKind.Text, "What the claim `iss` must be, to the letter")
        {
            IsRequired = true,
            Default = "required",
            Range = "an https address, unless `jwks_url` is given; each issuer once",
        },
        new("jwks_url", KeyKind.Text, "Where its public keys are (a JWK set)")
        {
            Default = "what `/.well-known/openid-configuration` below the issuer says",
            Range = "https to a public host",
        },
        new("audience", KeyKind.TextOrTexts, "What the claim `aud` must have")
        {
            IsRequired = true,
            Default = "required",
            Range = "a text or a list, of which one is enough",
        },
        new("clock_skew_secs", KeyKind.Integer, "How far the issuer's clock may be off, seconds")
        {
            Min = 0,
            Max = 600,
            Default = "60",
            Range = "0 to 600",
        },
        new("algorithms", KeyKind.Texts, "Signatures that are accepted")
        {
            Default = "`[RS256, ES256]`",
            Range = "some of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512",
        },
        new("subject_claim", KeyKind.Text, "The claim that says who calls")
        {
            Default = "`sub`",
            Range = "a claim with a text",
        },
        new("required_claims", KeyKind.Map, "Claims that must have this value, or have it in their list")
        {
            Default = "none",
            Range = "mapping of claims to values",
        },
        new("group_claim", KeyKind.Text, "The claim that names the [group](groups.md)")
        {
            Default = "none",
            Range = "a claim with a text or a list; `a.b` for one inside another",
        },
        new("groups", KeyKind.Map, "Which group a value of that claim stands for")
        {
            Default = "each value is the group itself",
            Range = "mapping of values to groups; the first that fits. A group is written as its id, its path (`org/team`) or its name where only " +
                "one has it",
        },
        new("default_group", KeyKind.Text, "The group of everybody else")
        {
            Default = "none: where there is a `group_claim`, they are refused",
            Range = "a group",
        },
        new("pools_claim", KeyKind.Text, "The claim that names the pools and models that may be used")
        {
            Default = "none: all may be",
            Range = "a claim with a text, of which each word is one, or a list; a token without it is refused",
        },
        new("pools", KeyKind.Map, "Which pools a value of that claim stands for")
        {
            Default = "each value is the pool itself",
            Range = "mapping of values to pools, with commas between",
        },
        new("max_budget_cents", KeyKind.Integer, "Budget of each subject, cents")
        {
            Min = 0,
            Max = int.MaxValue,
            Default = "none",
            Range = "0 to 2147483647; this and the limits below are those of a [key](keys.md#what-a-key-says), set when a subject is first seen",
        },
        new("budget_period", KeyKind.Word, "When that budget begins again")
        {
            Words = ["total", "daily", "monthly"],
            Default = "`total`",
            Range = "`total`, `daily`, `monthly`",
        },
        new("rpm_limit", KeyKind.Integer, "Requests a minute of each subject")
        {
            Min = 1,
            Max = int.MaxValue,
            Default = "none",
            Range = "1 to 2147483647",
        },
        new("tpm_limit", KeyKind.Integer, "Tokens a minute of each subject")
        {
            Min = 1,
            Max = int.MaxValue,
            Default = "none",
            Range = "1 to 2147483647",
        },
        new("max_concurrent", KeyKind.Integer, "Requests at the same time of each subject")
        {
            Min = 1,
            Max = int.MaxValue,
            Default = "none",
            Range = "1 to 2147483647",
        },
        new("allow_private_network", KeyKind.Switch, "The keys may be on this machine or in a private network, over http too")
        {
            Default = "`false`",
            Range = "`true`, `false`; metadata and link-local addresses stay closed",
        },
        new("proxy", KeyKind.Text, "The proxy that leads there")
        {
            Default = "from the variables",
            Range = "as for [providers](#proxies)",
        });
}
