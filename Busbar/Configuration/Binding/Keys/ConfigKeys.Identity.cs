namespace Busbar.Configuration.Binding.Keys;

internal static partial class ConfigKeys
{
    /// <summary>Who the gateway is at a provider, in place of a key.</summary>
    public static readonly KeySet Identity = new(
        "providers.*.identity",
        new("type", KeyKind.Word, "The cloud")
        {
            Words = ["aws", "google", "azure"],
            IsRequired = true,
            Default = "required",
            Range = "`aws`: signs; `google`, `azure`: bearer tokens",
        },
        new("role_arn", KeyKind.Text, "`aws`: role to assume with what the chain gives, or with `token_file`")
        {
            Default = "none",
            Range = "`arn:aws:iam::123456789012:role/name`",
        },
        new("external_id", KeyKind.Text, "`aws`: what the trust policy of the role asks for")
        {
            Default = "none",
            Range = "2 to 1224 characters; needs `role_arn`",
        },
        new("session_name", KeyKind.Text, "`aws`: name of the session, as CloudTrail shows it")
        {
            Default = "`AWS_ROLE_SESSION_NAME`, else `busbar`",
            Range = "2 to 64 letters, digits and `_+=,.@-`",
        },
        new("tags", KeyKind.Map, "`aws`: tags of the session")
        {
            Default = "none",
            Range = "at most 50; needs `role_arn`, and not with `token_file`",
        },
        new("duration_secs", KeyKind.Integer, "`aws`: how long a session lasts")
        {
            Min = 900,
            Max = 43_200,
            Default = "the token service's, an hour",
            Range = "needs `role_arn`; at most 3600 for a role that is assumed by another role",
        },
        new("region", KeyKind.Text, "`aws`: region of the token service")
        {
            Default = "the provider's, from `region` or the host's name, else `AWS_REGION`",
            Range = "letters, digits and hyphens",
        },
        new("profile", KeyKind.Text, "`aws`: profile of the shared files")
        {
            Default = "`AWS_PROFILE`, else `default`",
            Range = "a chosen profile is asked before the environment's keys, as SDKs do",
        },
        new("token_file", KeyKind.Text, "`aws`, `azure`: file with another issuer's token, read again each time")
        {
            Default = "`AWS_WEB_IDENTITY_TOKEN_FILE`, `AZURE_FEDERATED_TOKEN_FILE`",
            Range = "for `aws` with `role_arn`",
        },
        new("credentials_file", KeyKind.Text, "`google`: file with a service account, a refresh token or an external account")
        {
            Default = "the default chain",
            Range = "read again each time",
        },
        new("impersonate", KeyKind.Text, "`google`: service account to stand in for")
        {
            Default = "none",
            Range = "`name@project.iam.gserviceaccount.com`",
        },
        new("tenant_id", KeyKind.Text, "`azure`: the directory")
        {
            Default = "`AZURE_TENANT_ID`",
            Range = "an id or a domain",
        },
        new("client_id", KeyKind.Text, "`azure`: the application, or the user-assigned managed identity")
        {
            Default = "`AZURE_CLIENT_ID`",
            Range = "an id",
        },
        new("client_secret_env", KeyKind.Text, "`azure`: name of the variable that holds the application's secret")
        {
            Default = "`AZURE_CLIENT_SECRET`",
            Range = "not together with `certificate_file` or `token_file`",
        },
        new("certificate_file", KeyKind.Text, "`azure`: PEM file with the application's certificate and its key, read again each time")
        {
            Default = "`AZURE_CLIENT_CERTIFICATE_PATH`",
            Range = "an RSA key without a password",
        },
        new("scope", KeyKind.Text, "`azure`: scope of the token")
        {
            Default = "`https://cognitiveservices.azure.com/.default`; for `*.services.ai.azure.com` `https://ai.azure.com/.default`",
            Range = "ends in `/.default`",
        },
        new("scopes", KeyKind.Texts, "`google`: scopes of the token")
        {
            Default = "`https://www.googleapis.com/auth/cloud-platform`",
            Range = "addresses",
        });
}
