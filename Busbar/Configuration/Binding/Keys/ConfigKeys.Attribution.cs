namespace Busbar.Configuration.Binding.Keys;

internal static partial class ConfigKeys
{
    /// <summary>What requests say of what they are for.</summary>
    public static readonly KeySet Attribution = new(
        "attribution",
        new("labels_header", KeyKind.Text, "Header with labels of the request, such as `team=search,feature=chat`")
        {
            Default = "`x-busbar-labels`",
            Range = "a header name; the header stays here",
        },
        new("user", KeyKind.Switch, "Whether the end user that a body names is the label `user`")
        {
            Default = "`false`",
            Range = "`true`: `safety_identifier` or `user` of OpenAI's protocols, `metadata.user_id` of Anthropic's",
        },
        new("session_header", KeyKind.Text, "Header with the id of a session, for [limits of sessions](keys.md#limits-of-a-session)")
        {
            Default = "`x-session-id`",
            Range = "a header name; without the header, `metadata.session_id` of the body, or the session in Anthropic's `metadata.user_id`",
        },
        new("max_values", KeyKind.Integer, "Most values of one label in a day; what comes beyond is `other`")
        {
            Min = 1,
            Max = 100_000,
            Default = "1000",
            Range = "1 to 100000",
        });
}
